/**
 * {@code fern verify}: measures whether the result of an image depends on the batch that it is in.
 */
package dev.fern.tools.verify;
