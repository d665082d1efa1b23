/** {@code fern detect}: finds objects in images, draws them and writes a COCO results file. */
package dev.fern.tools.detect;
