package dev.fern.onnx;

import ai.djl.MalformedModelException;
import ai.djl.engine.Engine;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.NoopTranslator;
import ai.djl.translate.TranslateException;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * An ONNX model that runs in ONNX Runtime by DJL, to be compared with the detector that it was made
 * of. The class path must have {@code ai.djl.onnxruntime:onnxruntime-engine}. Not thread-safe.
 */
public final class OnnxCheck implements AutoCloseable {

    private static final String ENGINE = "OnnxRuntime";

    /** Else DJL starts another engine beside it for what ONNX Runtime's arrays can't do. */
    private static final String ALONE = "ai.djl.onnx.disable_alternative";

    private final ZooModel<NDList, NDList> model;
    private final Predictor<NDList, NDList> predictor;

    private OnnxCheck(ZooModel<NDList, NDList> model) {
        this.model = model;
        this.predictor = model.newPredictor();
    }

    /** {@return whether DJL's engine for ONNX Runtime is on the class path} */
    public static boolean isAvailable() {
        return Engine.hasEngine(ENGINE);
    }

    /**
     * Loads a model.
     *
     * @param file an ONNX model
     * @return the model, which the caller closes
     * @throws IOException if ONNX Runtime refuses the file; the message says why
     */
    public static OnnxCheck load(Path file) throws IOException {
        if (System.getProperty(ALONE) == null) {
            System.setProperty(ALONE, "true");
        }
        try {
            return new OnnxCheck(
                    Criteria.builder()
                            .setTypes(NDList.class, NDList.class)
                            .optModelPath(file)
                            .optEngine(ENGINE)
                            .optTranslator(new NoopTranslator())
                            .build()
                            .loadModel());
        } catch (ModelNotFoundException | MalformedModelException e) {
            Throwable why = e.getCause() == null ? e : e.getCause();
            throw new IOException(file + ": ONNX Runtime can't load it: " + why.getMessage(), e);
        }
    }

    /**
     * An output of the model.
     *
     * @param shape its sides
     * @param values in C order, integers too (categories, which floats hold exactly)
     */
    public record Output(long[] shape, float[] values) {

        private static Output of(NDArray array) {
            long[] shape = array.getShape().getShape();
            if (array.getDataType() != DataType.INT64) {
                return new Output(shape, array.toFloatArray());
            }
            long[] integers = array.toLongArray();
            float[] values = new float[integers.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = integers[i];
            }
            return new Output(shape, values);
        }

        /** {@return the values of [N, C, H, W] in the order [N, H, W, C]} */
        public float[] channelsLast() {
            int channels = Math.toIntExact(shape[1]);
            int places = Math.toIntExact(shape[2] * shape[3]);
            float[] turned = new float[values.length];
            for (int i = 0; i < values.length; i++) {
                int image = i / (channels * places);
                int channel = i / places % channels;
                turned[(image * places + i % places) * channels + channel] = values[i];
            }
            return turned;
        }
    }

    /**
     * Runs the model.
     *
     * @param pixels [N, 3, H, W], normalised
     * @param images the shape of the pixels
     * @param sizes [N, 2], width and height of each image on its canvas; empty for a model that
     *     does not take them
     * @return the outputs, in the model's order
     * @throws IOException if ONNX Runtime fails
     */
    public List<Output> run(FloatBuffer pixels, Shape images, float[] sizes) throws IOException {
        try (NDManager manager = model.getNDManager().newSubManager()) {
            NDList inputs = new NDList(manager.create(pixels, images));
            if (sizes.length > 0) {
                inputs.add(manager.create(sizes, new Shape(images.get(0), 2)));
            }
            List<Output> outputs = new ArrayList<>();
            try (NDList found = predictor.predict(inputs)) {
                for (NDArray output : found) {
                    outputs.add(Output.of(output));
                }
            }
            return outputs;
        } catch (TranslateException e) {
            throw new IOException("ONNX Runtime can't run the model: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        predictor.close();
        model.close();
    }
}
