package dev.fern.tools.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Draws pixels with Java2D; hints are lost. Texts need fonts on this machine. */
final class ImageCanvas implements Canvas {

    private static final double TEXT_SIZE = 12.5;
    private static final float[] DASHES = {4, 4};

    private final BufferedImage image;
    private final Graphics2D graphics;

    /**
     * Makes a white surface.
     *
     * @param scale pixels in a unit, along each side
     */
    ImageCanvas(int width, int height, double scale) {
        image =
                new BufferedImage(
                        (int) Math.round(width * scale),
                        (int) Math.round(height * scale),
                        BufferedImage.TYPE_INT_RGB);
        graphics = image.createGraphics();
        graphics.setRenderingHint(
                RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setRenderingHint(
                RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
        graphics.setRenderingHint(
                RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        graphics.setRenderingHint(
                RenderingHints.KEY_FRACTIONALMETRICS, RenderingHints.VALUE_FRACTIONALMETRICS_ON);
        graphics.setColor(Color.WHITE);
        graphics.fillRect(0, 0, image.getWidth(), image.getHeight());
        graphics.scale(scale, scale);
    }

    @Override
    public void line(double x1, double y1, double x2, double y2, Stroke stroke) {
        draw(new Line2D.Double(x1, y1, x2, y2), stroke);
    }

    @Override
    public void curve(double[] xs, double[] ys, Stroke stroke, String hint) {
        Path2D path = new Path2D.Double();
        path.moveTo(xs[0], ys[0]);
        for (int i = 1; i < xs.length; i++) {
            path.lineTo(xs[i], ys[i]);
        }
        draw(path, stroke);
    }

    private void draw(Shape shape, Stroke stroke) {
        graphics.setColor(color(stroke.color()));
        graphics.setStroke(
                new BasicStroke(
                        (float) stroke.width(),
                        BasicStroke.CAP_ROUND,
                        BasicStroke.JOIN_ROUND,
                        1,
                        stroke.dashed() ? DASHES : null,
                        0));
        graphics.draw(shape);
    }

    @Override
    public void circle(double x, double y, double radius, String color, String hint) {
        graphics.setColor(color(color));
        graphics.fill(new Ellipse2D.Double(x - radius, y - radius, 2 * radius, 2 * radius));
    }

    @Override
    public void rectangle(
            double x, double y, double width, double height, String color, String hint) {
        graphics.setColor(color(color));
        graphics.fill(new Rectangle2D.Double(x, y, width, height));
    }

    @Override
    public void text(double x, double y, TextStyle style, String text) {
        Font font = font(style);
        double width = width(text, font);
        double left =
                switch (style.anchor()) {
                    case START -> 0;
                    case MIDDLE -> -width / 2;
                    case END -> -width;
                };
        AffineTransform before = graphics.getTransform();
        graphics.translate(x, y);
        graphics.rotate(Math.toRadians(style.turn()));
        graphics.setFont(font);
        graphics.setColor(color(style.color().isEmpty() ? Palette.TEXT : style.color()));
        graphics.drawString(text, (float) left, 0);
        graphics.setTransform(before);
    }

    private static Font font(TextStyle style) {
        return new Font(Font.SANS_SERIF, style.bold() ? Font.BOLD : Font.PLAIN, 1)
                .deriveFont((float) (style.size() == 0 ? TEXT_SIZE : style.size()));
    }

    private double width(String text, Font font) {
        return font.getStringBounds(text, graphics.getFontRenderContext()).getWidth();
    }

    /** Returns how wide a text of usual size is, in units. */
    double textWidth(String text) {
        return width(text, font(TextStyle.START));
    }

    private static Color color(String color) {
        int rgb = Integer.parseInt(color.substring(1, 7), 16);
        int alpha = color.length() > 7 ? Integer.parseInt(color.substring(7), 16) : 255;
        return new Color(rgb | alpha << 24, true);
    }

    /** Returns what was drawn as a PNG file's bytes. */
    byte[] png() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
            ImageIO.write(image, "png", out);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        return bytes.toByteArray();
    }
}
