/** Building blocks of convolutional networks on the Deep Java Library; see the packages below. */
package dev.fern.backbone;
