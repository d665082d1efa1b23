package dev.fern.detection.image;

import java.io.IOException;

/** Parses GIF's logical screen. */
final class GifParser implements ImageFormat.Parser {

    @Override
    public boolean matches(FileWindow file) throws IOException {
        return file.startsWith(0, "GIF87a") || file.startsWith(0, "GIF89a");
    }

    @Override
    public ImageFormat.Size size(FileWindow file) throws IOException {
        return new ImageFormat.Size(file.u16(6, false), file.u16(8, false));
    }
}
