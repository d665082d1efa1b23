package dev.fern.tools.explore;

import dev.fern.cocoeval.CocoImage;
import dev.fern.cocoeval.Matching.ImageMatching;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.ImageFolder;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.ImageSize;
import dev.fern.tools.console.CountProgress;
import dev.fern.tools.explore.ShownImage.Original;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * Makes small versions of images, and finds or makes what the page shows when one is looked at
 * closely: the file itself, a copy, or a JPEG where browsers would show the file otherwise.
 *
 * @param folder of the images
 * @param reader reads them as they were when the detections were made
 * @param thumbnailSide longer side of the small versions in pixels; 0 for none
 * @param copies whether the files are copied rather than linked
 * @param stopped whether the user has asked for an end
 */
record ExplorerImages(
        ImageFolder folder,
        ImageReader reader,
        int thumbnailSide,
        boolean copies,
        BooleanSupplier stopped) {

    static final String THUMBNAILS = "thumbnails";
    static final String IMAGES = "images";

    private static final int THUMBNAIL_QUALITY = 80;

    /**
     * Writes what the page needs of all images, several at a time.
     *
     * @param images what the page shows
     * @param fresh the folder to write to
     * @param place where that folder will be, absolute, with links followed
     * @return one entry for each image; one that can't be used has its problem
     * @throws IOException if the folder can't be written to
     * @throws InterruptedIOException if the user has asked for an end
     */
    List<ShownImage> write(List<ImageMatching> images, Path fresh, Path place) throws IOException {
        Files.createDirectory(fresh.resolve(THUMBNAILS));
        Files.createDirectory(fresh.resolve(IMAGES));
        AtomicInteger done = new AtomicInteger();
        AtomicReference<IOException> failure = new AtomicReference<>();
        List<ShownImage> all;
        // Nothing is thrown amidst the work: the folder is deleted once no thread writes to it.
        try (CountProgress progress = new CountProgress("explore", images.size())) {
            all =
                    IntStream.range(0, images.size())
                            .parallel()
                            .mapToObj(
                                    i -> {
                                        if (failure.get() != null || stopped.getAsBoolean()) {
                                            return null;
                                        }
                                        try {
                                            return shown(images.get(i).image(), i, fresh, place);
                                        } catch (IOException e) {
                                            failure.set(e);
                                            return null;
                                        } finally {
                                            progress.at(done.incrementAndGet());
                                        }
                                    })
                            .toList();
        }
        if (failure.get() != null) {
            throw failure.get();
        }
        if (stopped.getAsBoolean()) {
            throw new InterruptedIOException();
        }
        return all;
    }

    private ShownImage shown(CocoImage image, int index, Path fresh, Path place)
            throws IOException {
        if (image.fileName().isEmpty()) {
            return ShownImage.unusable("the annotations give no file name");
        }
        Optional<ImageSize> size =
                image.width() > 0 && image.height() > 0
                        ? Optional.of(new ImageSize(image.width(), image.height()))
                        : Optional.empty();
        Original original;
        byte[] small = {};
        byte[] whole = {};
        try {
            original = Original.of(folder.resolve(image.fileName()), size, reader);
            if (thumbnailSide > 0) {
                small = thumbnail(original.file(), size);
            }
            if (!original.isShownByBrowsers()) {
                whole = ShownImage.jpeg(original, reader);
            } else if (copies) {
                whole = Files.readAllBytes(original.file());
            }
        } catch (IOException e) {
            return ShownImage.unusable(e.getMessage());
        }
        String number = String.format(Locale.ROOT, "%06d.", index);
        String thumbnail = THUMBNAILS + "/" + number + "jpg";
        String copy =
                IMAGES
                        + "/"
                        + number
                        + (original.isShownByBrowsers() ? original.extension() : "jpg");
        // What fails from here on is no fault of the image.
        if (small.length > 0) {
            Files.write(fresh.resolve(thumbnail), small);
        }
        if (whole.length > 0) {
            Files.write(fresh.resolve(copy), whole);
        }
        return new ShownImage(
                Optional.of(
                        whole.length > 0
                                ? copy
                                : ShownImage.link(place, original.file().toRealPath())),
                Optional.of(original.size()),
                small.length > 0 ? Optional.of(thumbnail) : Optional.empty(),
                Optional.empty());
    }

    private byte[] thumbnail(Path file, Optional<ImageSize> size) throws IOException {
        try (BgrImage image = reader.readSmall(file, size, thumbnailSide)) {
            return image.thumbnail(thumbnailSide, THUMBNAIL_QUALITY);
        }
    }
}
