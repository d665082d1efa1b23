/**
 * Annotations of any format: images, their objects and categories, and what readers and writers of
 * formats share.
 *
 * <p>Boxes are xywh in pixels of the upright image, and categories are names. Files come from
 * anywhere: nothing in them is executed, each is read up to a limit of size, XML may declare no
 * document type, and the name of an image leads to no place outside its folder.
 */
package dev.fern.tools.annotation;
