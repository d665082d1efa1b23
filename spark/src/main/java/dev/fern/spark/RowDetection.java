package dev.fern.spark;

import dev.fern.cocoeval.Box;
import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoImage;
import dev.fern.detection.data.BadImageException;
import dev.fern.detection.data.DetectionDataset;
import dev.fern.detection.data.ImageSizing;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.data.Sample;
import dev.fern.detection.image.ImageOrientation;
import dev.fern.detection.image.ImageReadException;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.ImageSource;
import dev.fern.detection.model.DatasetDetection;
import dev.fern.detection.model.Detection;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.util.LongAccumulator;
import org.apache.spark.util.SerializableConfiguration;
import org.apache.spark.util.TaskCompletionListener;

/**
 * Finds the objects of the images of a partition: gives every row, in their order, two more values,
 * the detections or the error. Rows are taken in groups, in which images of one canvas share
 * batches; what is found in an image depends on no other.
 */
final class RowDetection implements MapPartitionsFunction<Row, Row> {

    private static final long serialVersionUID = 1L;

    /**
     * How many rows are in memory at a time, at least: enough to fill the batches of some sizes.
     */
    private static final int LEAST_GROUP = 32;

    private static final int BATCHES_PER_GROUP = 4;
    private static final int LOADER_THREADS = 2;

    /**
     * How images are read and which detections are kept.
     *
     * @param batchSize number of images of one canvas that pass the network together
     * @param maxPixels the largest number of pixels that is decoded
     * @param orientation whether the EXIF orientation of a file turns the picture upright
     * @param categories positions of the categories that are kept, in the model's list
     * @param mostDetections how many detections of an image are kept
     */
    record Rules(
            int batchSize,
            long maxPixels,
            ImageOrientation orientation,
            Set<Integer> categories,
            int mostDetections)
            implements Serializable {
        private static final long serialVersionUID = 1L;
    }

    private final DetectorSettings settings;
    private final Broadcast<ModelFiles> model;
    private final Rules rules;
    private final ImageColumns columns;
    private final Broadcast<SerializableConfiguration> hadoop;
    private final LongAccumulator done;

    RowDetection(
            DetectorSettings settings,
            Broadcast<ModelFiles> model,
            Rules rules,
            ImageColumns columns,
            Broadcast<SerializableConfiguration> hadoop,
            LongAccumulator done) {
        this.settings = settings;
        this.model = model;
        this.rules = rules;
        this.columns = columns;
        this.hadoop = hadoop;
        this.done = done;
    }

    @Override
    public Iterator<Row> call(Iterator<Row> rows) throws IOException {
        if (!rows.hasNext()) {
            return rows;
        }
        SharedDetector shared = SharedDetector.take(settings, model);
        TaskContext.get()
                .addTaskCompletionListener((TaskCompletionListener) task -> shared.close());
        return new Groups(rows, shared);
    }

    /** Works group by group, as the rows are asked for. */
    private final class Groups implements Iterator<Row> {
        private final Iterator<Row> rows;
        private final SharedDetector shared;
        private final ImageReader reader = new ImageReader(rules.maxPixels, rules.orientation);
        private final HadoopFiles files = new HadoopFiles(hadoop.value().value());
        private Iterator<Row> ready = List.<Row>of().iterator();

        Groups(Iterator<Row> rows, SharedDetector shared) {
            this.rows = rows;
            this.shared = shared;
        }

        @Override
        public boolean hasNext() {
            return ready.hasNext() || rows.hasNext();
        }

        @Override
        public Row next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            if (!ready.hasNext()) {
                List<Row> group = new ArrayList<>();
                int size = Math.max(LEAST_GROUP, BATCHES_PER_GROUP * rules.batchSize);
                while (group.size() < size && rows.hasNext()) {
                    group.add(rows.next());
                }
                try {
                    ready = detect(group).iterator();
                } catch (IOException e) {
                    throw new UncheckedIOException(e); // no fault of an image: Spark tries again
                }
                done.add(group.size());
            }
            return ready.next();
        }

        private List<Row> detect(List<Row> group) throws IOException {
            Object[] found = new Object[group.size()];
            String[] errors = new String[group.size()];
            List<Sample> samples = new ArrayList<>();
            for (int i = 0; i < group.size(); i++) {
                Row row = group.get(i);
                ImageSource source = columns.source(row, files);
                try {
                    samples.add(sample(i, source, row));
                } catch (ImageReadException e) {
                    errors[i] = e.getMessage();
                }
            }
            try {
                DatasetDetection.forEach(
                        shared.detector(),
                        DetectionDataset.unlabelled(samples, reader),
                        rules.batchSize,
                        new LoaderOptions(LOADER_THREADS, 2 * LOADER_THREADS, true),
                        (place, detections) -> found[(int) place] = structs(detections),
                        count -> {},
                        (BadImageException e) ->
                                errors[(int) e.imageId()] = e.getCause().getMessage());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("the task was told to end");
            }
            List<Row> rows = new ArrayList<>();
            for (int i = 0; i < group.size(); i++) {
                rows.add(columns.withResult(group.get(i), found[i], errors[i]));
            }
            return rows;
        }

        private Sample sample(int place, ImageSource source, Row row) throws IOException {
            CocoImage image = columns.image(place, row);
            List<CocoAnnotation> annotations = new ArrayList<>();
            for (Box box : columns.boxes(row)) {
                annotations.add(new CocoAnnotation(1, place, 1, box, box.area(), false));
            }
            ImageSizing sizing = ImageSizing.of(image, annotations, source, reader);
            return new Sample(place, source, sizing.size(), new float[0], new int[0]);
        }
    }

    private Row[] structs(List<Detection> detections) {
        return detections.stream()
                .filter(detection -> rules.categories.contains(detection.category()))
                .limit(rules.mostDetections)
                .map(RowDetection::struct)
                .toArray(Row[]::new);
    }

    private static Row struct(Detection detection) {
        Box box = detection.box();
        return RowFactory.create(
                detection.categoryId(),
                detection.categoryName(),
                box.x(),
                box.y(),
                box.width(),
                box.height(),
                detection.score());
    }
}
