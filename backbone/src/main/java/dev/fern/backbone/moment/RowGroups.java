package dev.fern.backbone.moment;

/**
 * Which rows of an array [N, C, H, W] share their statistics. A row is one channel of one image;
 * row n * C + c belongs to channel c of image n.
 *
 * @param count number of groups
 * @param size rows per group
 * @param firstStep from the first row of a group to the first of the next one
 * @param step from a row of a group to its next one
 */
public record RowGroups(int count, int size, int firstStep, int step) {

    /**
     * Groups neighbouring channels of each image, as Group Normalization does.
     *
     * @param images N
     * @param channels C
     * @param groups of each image; a divisor of C
     * @return the groups, those of the first image first
     */
    public static RowGroups ofImages(int images, int channels, int groups) {
        return new RowGroups(images * groups, channels / groups, channels / groups, 1);
    }

    /**
     * Groups the rows of each channel over all images, as Batch Normalization does.
     *
     * @param images N
     * @param channels C
     * @return a group per channel
     */
    public static RowGroups ofChannels(int images, int channels) {
        return new RowGroups(channels, images, 1, channels);
    }

    /**
     * {@return a row of a group}
     *
     * @param group 0 to count - 1
     * @param index 0 to size - 1
     */
    public int row(int group, int index) {
        return group * firstStep + index * step;
    }
}
