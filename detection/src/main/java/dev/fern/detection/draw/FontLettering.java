package dev.fern.detection.draw;

import java.awt.AWTError;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.GraphicsEnvironment;
import java.awt.RenderingHints;
import java.awt.font.FontRenderContext;
import java.awt.font.TextLayout;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Writes with the fonts of the machine: Java's sans serif, or the first font that has all
 * characters of a text. Thread-safe.
 */
final class FontLettering implements Lettering {

    private static final FontRenderContext SMOOTH = new FontRenderContext(null, true, true);

    private final Font standard;

    /** The standard font and the others that texts have needed. */
    private final List<Font> used = new ArrayList<>();

    /** All fonts, once one is looked for. */
    private List<Font> installed;

    private FontLettering(Font standard) {
        this.standard = standard;
        used.add(standard);
    }

    /** Returns the lettering, or nothing if Java finds no fonts or no library to draw them. */
    static Optional<Lettering> find() {
        try {
            FontLettering lettering = new FontLettering(new Font(Font.SANS_SERIF, Font.BOLD, 12));
            boolean writes =
                    lettering.write("A", 12, Color.BLACK, Color.WHITE, Integer.MAX_VALUE) != null;
            return writes ? Optional.of(lettering) : Optional.empty();
        } catch (RuntimeException | LinkageError | InternalError | AWTError e) {
            // What is missing shows in many ways: fontconfig, freetype, or every font.
            return Optional.empty();
        }
    }

    @Override
    public boolean canWrite(String text) {
        return font(text).isPresent();
    }

    private synchronized Optional<Font> font(String text) {
        Optional<Font> known = thatHas(text, used);
        if (known.isPresent()) {
            return known;
        }
        if (installed == null) {
            installed = List.of(GraphicsEnvironment.getLocalGraphicsEnvironment().getAllFonts());
        }
        Optional<Font> found = thatHas(text, installed);
        found.ifPresent(used::add);
        return found;
    }

    private static Optional<Font> thatHas(String text, List<Font> fonts) {
        return fonts.stream().filter(font -> font.canDisplayUpTo(text) < 0).findFirst();
    }

    @Override
    public Label write(String text, int size, Color ground, Color ink, int mostWidth) {
        Font font = font(text).orElse(standard).deriveFont((float) size);
        String written = font.canDisplayUpTo(text) < 0 ? text : displayable(text, font);
        int margin = Math.max(2, size / 5);
        TextLayout layout = new TextLayout(written, font, SMOOTH);
        for (int left = written.codePointCount(0, written.length()) - 1;
                width(layout, margin) > mostWidth;
                left--) {
            if (left < 1) {
                return null;
            }
            String ellipsis = font.canDisplay('\u2026') ? "\u2026" : "..";
            layout = new TextLayout(Lettering.shortened(written, left, ellipsis), font, SMOOTH);
        }
        int width = width(layout, margin);
        int height = (int) Math.ceil(layout.getAscent() + layout.getDescent()) + margin;
        BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_3BYTE_BGR);
        Graphics2D graphics = picture.createGraphics();
        try {
            graphics.setRenderingHint(
                    RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
            graphics.setColor(ground);
            graphics.fillRect(0, 0, width, height);
            graphics.setColor(ink);
            layout.draw(graphics, margin, margin / 2f + layout.getAscent());
        } finally {
            graphics.dispose();
        }
        return new Label(
                width, height, ((DataBufferByte) picture.getRaster().getDataBuffer()).getData());
    }

    private static int width(TextLayout layout, int margin) {
        return (int) Math.ceil(layout.getAdvance()) + 2 * margin;
    }

    private static String displayable(String text, Font font) {
        StringBuilder displayable = new StringBuilder();
        text.codePoints()
                .map(c -> font.canDisplay(c) ? c : '?')
                .forEach(displayable::appendCodePoint);
        return displayable.toString();
    }
}
