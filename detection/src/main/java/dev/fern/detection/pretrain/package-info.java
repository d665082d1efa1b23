/**
 * The training of a backbone as a classifier of images in folders, one sub-folder per class: the
 * data set and its crops, the network with its configuration and files, the training and its
 * scores. A detector starts from what it leaves, see {@link
 * dev.fern.detection.pretrain.BackboneWeights}.
 */
package dev.fern.detection.pretrain;
