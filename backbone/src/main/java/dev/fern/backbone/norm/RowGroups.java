package dev.fern.backbone.norm;

/**
 * Which rows of an array [N, C, H, W] share their statistics. A row is one channel of one image;
 * row n * C + c belongs to channel c of image n.
 *
 * @param count number of groups
 * @param size rows of each
 * @param firstStep from the first row of a group to the first of the next one
 * @param step from a row of a group to its next one
 */
record RowGroups(int count, int size, int firstStep, int step) {

    /** Neighbouring channels of each image: Group Normalization's. */
    static RowGroups ofImages(int images, int channels, int groups) {
        return new RowGroups(images * groups, channels / groups, channels / groups, 1);
    }

    /** One channel of all images: Batch Normalization's. */
    static RowGroups ofChannels(int images, int channels) {
        return new RowGroups(channels, images, 1, channels);
    }

    int row(int group, int index) {
        return group * firstStep + index * step;
    }
}
