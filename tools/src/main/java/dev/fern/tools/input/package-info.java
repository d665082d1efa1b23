/**
 * What commands read: the options and arguments that name images and models, the search for files,
 * and what is said on standard error about images and data.
 */
package dev.fern.tools.input;
