package dev.fern.detection.model;

import ai.djl.Model;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.output.DetectedObjects;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorFactory;
import ai.djl.util.Pair;
import java.io.IOException;
import java.lang.reflect.Type;
import java.util.Map;
import java.util.Set;

/**
 * Makes what turns an {@link Image} into {@link DetectedObjects} by the model of a {@link
 * ModelDirectory}, for DJL's model loading, which finds this class by the name in {@code
 * serving.properties}.
 */
public final class DetectorTranslatorFactory implements TranslatorFactory {

    @Override
    public Set<Pair<Type, Type>> getSupportedTypes() {
        return Set.of(new Pair<>(Image.class, DetectedObjects.class));
    }

    /**
     * Reads the model's configuration.
     *
     * @param <I> {@link Image}
     * @param <O> {@link DetectedObjects}
     * @param model names the model directory
     * @param arguments not used
     * @return a translator for that model
     * @throws IllegalArgumentException if other types are asked for
     * @throws TranslateException if the configuration can't be read; the message names the file
     */
    @Override
    @SuppressWarnings("unchecked")
    public <I, O> Translator<I, O> newInstance(
            Class<I> input, Class<O> output, Model model, Map<String, ?> arguments)
            throws TranslateException {
        if (!isSupported(input, output)) {
            throw new IllegalArgumentException(
                    "a detector turns Image into DetectedObjects, not "
                            + input.getSimpleName()
                            + " into "
                            + output.getSimpleName());
        }
        try {
            return (Translator<I, O>)
                    new DetectorTranslator(ModelDirectory.readConfiguration(model.getModelPath()));
        } catch (IOException e) {
            throw new TranslateException(e.getMessage(), e);
        }
    }
}
