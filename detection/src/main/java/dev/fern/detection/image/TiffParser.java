package dev.fern.detection.image;

import java.io.IOException;

/** Parses TIFF's first image directory. */
final class TiffParser implements ImageFormat.Parser {

    private static final int WIDTH = 256;
    private static final int HEIGHT = 257;

    @Override
    public boolean matches(FileWindow file) throws IOException {
        return TiffDirectory.isTiff(file, 0);
    }

    @Override
    public ImageFormat.Size size(FileWindow file) throws IOException {
        TiffDirectory directory = TiffDirectory.first(file, 0);
        return new ImageFormat.Size(directory.value(WIDTH, 0), directory.value(HEIGHT, 0));
    }
}
