package dev.fern.cocoeval;

/**
 * What keeps one annotation from being evaluated, or makes it unusual. pycocotools raises only when
 * it comes to use such an annotation, so the evaluator does too.
 *
 * @param box what is wrong with {@code bbox}, or null
 * @param area what is wrong with {@code area}, or null
 * @param crowd why {@code iscrowd} has no value as an integer, or null
 * @param ignored whether Python takes the value of {@code iscrowd} for true, which makes the
 *     annotation an ignored one; 0.5 is true and yet 0 as an integer
 */
record AnnotationFlaw(CocoProblem box, CocoProblem area, CocoProblem crowd, boolean ignored) {}
