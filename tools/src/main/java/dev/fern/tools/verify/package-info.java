/** {@code fern verify}: shows whether an image's result depends on the batch that it is in. */
package dev.fern.tools.verify;
