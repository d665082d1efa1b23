package dev.fern.detection.image;

import static dev.fern.detection.image.ImageReader.MAX_SCANS;
import static dev.fern.detection.image.ImageReader.MAX_SCANS_OF_LARGEST;

import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** Parses TIFF's first image directory. */
final class TiffParser implements ImageFormat.Parser {

    private static final int WIDTH = 256;
    private static final int HEIGHT = 257;
    private static final int BITS = 258;
    private static final int MOST_BITS = 16;
    private static final int COMPRESSION = 259;
    private static final int STRIP_OFFSETS = 273;
    private static final int STRIP_BYTES = 279;
    private static final int TILE_WIDTH = 322;
    private static final int TILE_HEIGHT = 323;
    private static final int TILE_OFFSETS = 324;
    private static final int TILE_BYTES = 325;
    private static final int JPEG = 7;

    @Override
    public boolean matches(FileWindow file) throws IOException {
        return TiffDirectory.isTiff(file, 0);
    }

    @Override
    public ImageFormat.Size size(FileWindow file) throws IOException {
        TiffDirectory directory = TiffDirectory.first(file, 0);
        return new ImageFormat.Size(
                directory.value(WIDTH, 0), directory.value(HEIGHT, 0), directory.orientation());
    }

    /**
     * Looks for the two ways in which a small file can take minutes: tiles that are much larger
     * than the picture, all of which are decoded, and JPEGs of many scans in strips or tiles.
     */
    @Override
    public byte[] whole(FileWindow file, ImageHeader header, byte[] bytes, long maxPixels)
            throws IOException {
        TiffDirectory directory = TiffDirectory.first(file, 0);
        long bits = Arrays.stream(directory.values(BITS)).max().orElse(1);
        if (bits > MOST_BITS) {
            throw file.error(
                    "a TIFF of " + bits + " bits per sample; save it with 8 or 16 of them");
        }
        long width = directory.value(TILE_WIDTH, 0);
        long height = directory.value(TILE_HEIGHT, 0);
        boolean tiled = width > 0 && height > 0;
        if (tiled) {
            double covered =
                    Math.ceil((double) header.width() / width)
                            * width
                            * Math.ceil((double) header.height() / height)
                            * height;
            // Twice, since tiles may reach over the right and lower edge of a large picture.
            if (covered > 2.0 * maxPixels) {
                throw file.error(
                        String.format(
                                "a TIFF of %d x %d pixels in tiles of %d x %d, which are too large;"
                                        + " save it again without tiles",
                                header.width(), header.height(), width, height));
            }
        }
        if (directory.value(COMPRESSION, 0) == JPEG) {
            checkScans(
                    file,
                    directory.values(tiled ? TILE_OFFSETS : STRIP_OFFSETS),
                    directory.values(tiled ? TILE_BYTES : STRIP_BYTES),
                    MAX_SCANS_OF_LARGEST * maxPixels);
        }
        return bytes;
    }

    /**
     * Checks the JPEGs that are the strips or tiles.
     *
     * @param mostPixels largest sum of their pixels times scans
     */
    private static void checkScans(FileWindow file, long[] offsets, long[] bytes, long mostPixels)
            throws IOException {
        if (offsets.length != bytes.length) {
            throw file.error("damaged TIFF: places and lengths of its parts differ in number");
        }
        Map<Long, JpegWalk> known = new HashMap<>(); // equal tiles may share their bytes
        long walked = 0;
        long pixels = 0;
        for (int i = 0; i < offsets.length; i++) {
            if (bytes[i] == 0) {
                continue; // a tile that is left out
            }
            JpegWalk walk = known.get(offsets[i]);
            if (walk == null) {
                walked += bytes[i];
                if (walked > file.length()) {
                    throw file.error("damaged TIFF: its parts overlap or end behind the file");
                }
                walk = JpegWalk.of(file, offsets[i], offsets[i] + bytes[i]);
                if (!walk.hasEnd()) {
                    throw file.truncated();
                }
                known.put(offsets[i], walk);
            }
            pixels += walk.pixels() * walk.scans();
            if (walk.scans() > MAX_SCANS || pixels > mostPixels) {
                throw file.error(
                        String.format(
                                "a TIFF with JPEGs of %d scans, which are too many for its size;"
                                        + " save it again without the progressive option",
                                walk.scans()));
            }
        }
    }
}
