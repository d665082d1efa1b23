package dev.fern.backbone.winograd;

/**
 * How a map is divided into squares of 4x4 places; those at the end may reach beyond it. Rows of
 * squares are computed in strips, which are alike.
 *
 * @param height of the map
 * @param width of the map
 * @param stripRows rows of squares in a strip
 */
public record SquareGrid(int height, int width, int stripRows) {

    /** Places along a side of a square. */
    static final int SIDE = 4;

    /** Rows and columns of products for each square; as many places of the input lead to it. */
    static final int PRODUCT_SIDE = 6;

    /** Products for each square. */
    public static final int PRODUCTS = PRODUCT_SIDE * PRODUCT_SIDE;

    /** The most numbers of a transformed strip: few enough for the caches. */
    private static final int LARGEST_STRIP = 5 << 18;

    /**
     * {@return the grid of a map}
     *
     * @param height of the map
     * @param width of the map
     * @param channels of the map or of the one that comes out, whichever has more
     */
    public static SquareGrid of(int height, int width, int channels) {
        int down = along(height);
        double size = (double) PRODUCTS * squares(height, width) * channels;
        int strips = Math.min(down, (int) Math.ceil(size / LARGEST_STRIP));
        return new SquareGrid(height, width, (down + strips - 1) / strips);
    }

    private static int along(int side) {
        return (side + SIDE - 1) / SIDE;
    }

    /**
     * {@return the squares that cover a map}
     *
     * @param height of the map
     * @param width of the map
     */
    public static int squares(int height, int width) {
        return along(height) * along(width);
    }

    /** {@return the squares beside each other} */
    int across() {
        return along(width);
    }

    /** {@return the number of strips} */
    public int strips() {
        return (along(height) + stripRows - 1) / stripRows;
    }

    /** {@return the squares of a strip} */
    public int stripSquares() {
        return stripRows * across();
    }
}
