/**
 * Readers and writers of formats of annotations: COCO, Pascal VOC, YOLO, labelme, CVAT, tables of
 * boxes.
 *
 * <p>Each format has an {@link dev.fern.tools.annotation.AnnotationReader}, which makes an {@link
 * dev.fern.tools.annotation.AnnotatedDataset} of files, and an {@link
 * dev.fern.tools.annotation.AnnotationWriter}, which goes the other way; so any format becomes any
 * other.
 */
package dev.fern.tools.format;
