/**
 * {@code fern explore}: a folder with one page on which results are looked through image by image.
 *
 * <p>The annotations and one or two results files come in as {@link
 * dev.fern.tools.explore.ExploredResults} with their analyses. {@code ExplorerFolder} writes the
 * folder: the page, which is plain HTML, CSS and JavaScript among the resources, {@code
 * ExplorerData} as a file that the page loads, and small versions of the images.
 */
package dev.fern.tools.explore;
