package dev.fern.detection.draw;

import java.awt.Color;

/** Writes labels on a coloured ground. */
interface Lettering {

    /**
     * A written label.
     *
     * @param width in pixels
     * @param height in pixels
     * @param bgr [height, width, 3], the bytes of each pixel in the order blue, green, red
     */
    record Label(int width, int height, byte[] bgr) {}

    /** Returns whether every character of a text can be written. */
    boolean canWrite(String text);

    /**
     * Writes a text, shortened where it is too long.
     *
     * @param text on one line, not empty
     * @param size height of the letters with their ascenders and descenders in pixels, at least 6
     * @param ground colour behind the text
     * @param ink colour of the text
     * @param mostWidth largest width of the label in pixels
     * @return the label; null if not even a letter has room
     */
    Label write(String text, int size, Color ground, Color ink, int mostWidth);

    /** Returns a text without its last characters, with an ellipsis for them. */
    static String shortened(String text, int codePoints, String ellipsis) {
        return text.substring(0, text.offsetByCodePoints(0, codePoints)) + ellipsis;
    }
}
