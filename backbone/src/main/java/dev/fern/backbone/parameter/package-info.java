/** Parameters of networks: their names, their initial values, and files that hold them. */
package dev.fern.backbone.parameter;
