package dev.fern.tools.dataset;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.QuadCurve2D;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;
import java.util.SplittableRandom;

/** What makes a synthetic picture harder: a mottled background, stray lines and noise. */
final class Clutter {

    private final int width;
    private final int height;
    private final SplittableRandom random;

    /** The picture's pixels, 0xRRGGBB. */
    private final int[] rgb;

    /**
     * Prepares to paint on a picture.
     *
     * @param image of the type {@link BufferedImage#TYPE_INT_RGB}
     * @param random the same random numbers give the same picture
     */
    Clutter(BufferedImage image, SplittableRandom random) {
        this.width = image.getWidth();
        this.height = image.getHeight();
        this.random = random;
        this.rgb = ((DataBufferInt) image.getRaster().getDataBuffer()).getData();
    }

    /** Paints two muted colours, mixed by value noise of three octaves. */
    void paintBackground() {
        Color first = mutedColor();
        Color second = mutedColor();
        double[] mixture = new double[width * height];
        for (int octave = 0; octave < 3; octave++) {
            addValueNoise(
                    mixture,
                    Math.max(width, height) / (2.5 * (1 << 2 * octave)),
                    0.55 / (1 << octave));
        }
        for (int i = 0; i < mixture.length; i++) {
            double t = Math.min(1, Math.max(0, mixture[i]));
            int red = (int) (first.getRed() + t * (second.getRed() - first.getRed()));
            int green = (int) (first.getGreen() + t * (second.getGreen() - first.getGreen()));
            int blue = (int) (first.getBlue() + t * (second.getBlue() - first.getBlue()));
            rgb[i] = red << 16 | green << 8 | blue;
        }
    }

    private Color mutedColor() {
        return Color.getHSBColor(
                (float) random.nextDouble(),
                (float) random.nextDouble(0.35),
                (float) random.nextDouble(0.3, 0.9));
    }

    /**
     * Adds random numbers on a grid of {@code cell} pixels, smoothly interpolated between its
     * points.
     */
    private void addValueNoise(double[] field, double cell, double amplitude) {
        int columns = (int) (width / cell) + 2;
        int rows = (int) (height / cell) + 2;
        double[] grid = random.doubles((long) columns * rows).toArray();
        for (int y = 0; y < height; y++) {
            int row = (int) (y / cell);
            double v = smooth(y / cell - row);
            for (int x = 0; x < width; x++) {
                int column = (int) (x / cell);
                double u = smooth(x / cell - column);
                int corner = row * columns + column;
                double upper = grid[corner] + u * (grid[corner + 1] - grid[corner]);
                double lower =
                        grid[corner + columns]
                                + u * (grid[corner + columns + 1] - grid[corner + columns]);
                field[y * width + x] += amplitude * (upper + v * (lower - upper));
            }
        }
    }

    private static double smooth(double t) {
        return t * t * (3 - 2 * t);
    }

    /**
     * Paints open curves in muted colours that belong to no object.
     *
     * @param graphics of the picture
     */
    void paintStrayLines(Graphics2D graphics) {
        for (int i = random.nextInt(6); i > 0; i--) {
            graphics.setColor(mutedColor());
            graphics.setStroke(new BasicStroke((float) random.nextDouble(1, 4)));
            graphics.draw(
                    new QuadCurve2D.Double(
                            random.nextDouble(width),
                            random.nextDouble(height),
                            random.nextDouble(width),
                            random.nextDouble(height),
                            random.nextDouble(width),
                            random.nextDouble(height)));
        }
    }

    /** Adds Gaussian noise to every channel of every pixel. */
    void addNoise() {
        double deviation = random.nextDouble(2, 8);
        for (int i = 0; i < rgb.length; i++) {
            int noise = (int) Math.round(deviation * random.nextGaussian());
            int red = clamped((rgb[i] >> 16 & 255) + noise);
            int green = clamped((rgb[i] >> 8 & 255) + noise);
            int blue = clamped((rgb[i] & 255) + noise);
            rgb[i] = red << 16 | green << 8 | blue;
        }
    }

    private static int clamped(int value) {
        return Math.min(255, Math.max(0, value));
    }
}
