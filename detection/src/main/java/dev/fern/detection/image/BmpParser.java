package dev.fern.detection.image;

import java.io.IOException;

/** Parses Windows bitmaps, with the header of OS/2 (12 bytes) or of Windows (40 and more). */
final class BmpParser implements ImageFormat.Parser {

    @Override
    public boolean matches(FileWindow file) throws IOException {
        return file.startsWith(0, "BM");
    }

    @Override
    public ImageFormat.Size size(FileWindow file) throws IOException {
        if (file.u32(14, false) == 12) {
            return new ImageFormat.Size(file.u16(18, false), file.u16(20, false));
        }
        // A negative height stores the rows from the top.
        return new ImageFormat.Size(
                (int) file.u32(18, false), Math.abs((long) (int) file.u32(22, false)));
    }
}
