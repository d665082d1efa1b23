package dev.fern.detection.image;

import java.io.IOException;
import java.util.Arrays;

/** Parses GIF's logical screen, and the blocks of its first image where the file is cut. */
final class GifParser implements ImageFormat.Parser {

    private static final int SCREEN_BYTES = 13;
    private static final int EXTENSION = 0x21;
    private static final int IMAGE = 0x2c;
    private static final int TRAILER = 0x3b;

    @Override
    public boolean matches(FileWindow file) throws IOException {
        return file.startsWith(0, "GIF87a") || file.startsWith(0, "GIF89a");
    }

    @Override
    public ImageFormat.Size size(FileWindow file) throws IOException {
        return new ImageFormat.Size(file.u16(6, false), file.u16(8, false));
    }

    /** Puts the trailer behind the first image if the file ends without one. */
    @Override
    public byte[] whole(FileWindow file, ImageHeader header, byte[] bytes, long maxPixels)
            throws IOException {
        long at = SCREEN_BYTES + colourTable(file, 10);
        long endOfFirst = 0;
        try {
            while (true) {
                int block = file.u8(at);
                if (block == EXTENSION) {
                    at = afterSubBlocks(file, at + 2);
                } else if (block == IMAGE) {
                    // place and size (8), flags (1), colours, code size (1), sub-blocks
                    at = afterSubBlocks(file, at + 10 + colourTable(file, at + 9) + 1);
                    endOfFirst = endOfFirst == 0 ? at : endOfFirst;
                } else {
                    return bytes; // the trailer, or something for the decoder to judge
                }
            }
        } catch (ImageReadException e) {
            if (endOfFirst == 0) {
                throw e;
            }
            byte[] whole = Arrays.copyOf(bytes, (int) endOfFirst + 1);
            whole[(int) endOfFirst] = TRAILER;
            return whole;
        }
    }

    /** Returns the number of bytes of the colour table that flags announce. */
    private static int colourTable(FileWindow file, long flags) throws IOException {
        int value = file.u8(flags);
        return (value & 0x80) == 0 ? 0 : 3 << (value & 7) + 1;
    }

    private static long afterSubBlocks(FileWindow file, long first) throws IOException {
        long at = first;
        int length = file.u8(at);
        while (length > 0) {
            at += 1 + length;
            length = file.u8(at);
        }
        return at + 1;
    }
}
