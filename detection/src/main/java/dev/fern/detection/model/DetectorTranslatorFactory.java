package dev.fern.detection.model;

import ai.djl.Model;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.output.DetectedObjects;
import ai.djl.ndarray.BytesSupplier;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorFactory;
import ai.djl.util.Pair;
import ai.djl.util.Utils;
import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import dev.fern.detection.image.ImageSource;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Type;
import java.net.MalformedURLException;
import java.net.URL;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Makes what turns an image into {@link DetectedObjects} by the model of a {@link ModelDirectory},
 * for DJL's model loading, which finds this class by the name in {@code serving.properties}. The
 * image may be an {@link Image}, a {@link Path}, a {@link URL} or an {@link InputStream}.
 *
 * <p>It also turns a request to DJL Serving, an {@link Input}, into an {@link Output} with the
 * objects as JSON. The request's data are the bytes of an image file, or, where its content type is
 * {@code application/json}, an object with an {@code image_url} of http or https.
 */
public final class DetectorTranslatorFactory implements TranslatorFactory {

    private static final String JSON = "application/json";
    private static final String IMAGE_URL = "image_url";

    /** The forms of an image that become {@link DetectedObjects}. */
    private static final Map<Class<?>, Function<Object, DetectorInput>> FORMS =
            new LinkedHashMap<>();

    static {
        FORMS.put(Image.class, image -> DetectorInput.of((Image) image));
        FORMS.put(Path.class, file -> DetectorInput.of((Path) file));
        FORMS.put(URL.class, url -> input((URL) url));
        FORMS.put(InputStream.class, stream -> DetectorInput.of((InputStream) stream));
    }

    @Override
    public Set<Pair<Type, Type>> getSupportedTypes() {
        Set<Pair<Type, Type>> types =
                FORMS.keySet().stream()
                        .map(form -> new Pair<Type, Type>(form, DetectedObjects.class))
                        .collect(Collectors.toSet());
        types.add(new Pair<>(Input.class, Output.class));
        return types;
    }

    /**
     * Reads the model's configuration.
     *
     * @param <I> the form of the image
     * @param <O> the form of the result
     * @param input {@link Image}, {@link Path}, {@link URL}, {@link InputStream} or {@link Input}
     * @param output {@link DetectedObjects}, or {@link Output} for an {@link Input}
     * @param model names the model directory
     * @param arguments {@code threshold} and {@code maxDetections}, numbers or what is written like
     *     them, replace the model's score threshold and number of detections; others are not used
     * @return a translator for that model
     * @throws IllegalArgumentException if other types are asked for
     * @throws TranslateException if the configuration can't be read, which names the file, or an
     *     argument is out of its range
     */
    @Override
    @SuppressWarnings("unchecked") // the types were compared
    public <I, O> Translator<I, O> newInstance(
            Class<I> input, Class<O> output, Model model, Map<String, ?> arguments)
            throws TranslateException {
        if (!isSupported(input, output)) {
            throw new IllegalArgumentException(
                    "a detector turns Image, Path, URL or InputStream into DetectedObjects, or"
                            + " Input into Output, not "
                            + input.getSimpleName()
                            + " into "
                            + output.getSimpleName());
        }
        DetectorConfiguration configuration = configuration(model, arguments);
        if (input == Input.class) {
            return (Translator<I, O>)
                    new DetectorTranslator<Input, Output>(
                            configuration,
                            DetectorTranslatorFactory::input,
                            DetectorTranslatorFactory::output);
        }
        Function<Object, DetectorInput> form = FORMS.get(input);
        return (Translator<I, O>)
                new DetectorTranslator<I, DetectedObjects>(
                        configuration, form::apply, Function.identity());
    }

    private static DetectorConfiguration configuration(Model model, Map<String, ?> arguments)
            throws TranslateException {
        try {
            DetectorConfiguration configuration =
                    ModelDirectory.readConfiguration(model.getModelPath());
            PostProcessing processing = configuration.postProcessing();
            Object threshold = arguments == null ? null : arguments.get("threshold");
            if (threshold != null) {
                processing =
                        processing.withScoreThreshold(Double.parseDouble(threshold.toString()));
            }
            Object most = arguments == null ? null : arguments.get("maxDetections");
            if (most != null) {
                processing = processing.withMaxDetections(Integer.parseInt(most.toString()));
            }
            return configuration.withPostProcessing(processing);
        } catch (IOException e) {
            throw new TranslateException(e.getMessage(), e);
        } catch (IllegalArgumentException e) {
            throw new TranslateException(
                    "threshold or maxDetections can't be used: " + e.getMessage(), e);
        }
    }

    private static DetectorInput input(URL url) {
        return DetectorInput.of(new ImageSource.Stream(url.toString(), () -> Utils.openUrl(url)));
    }

    private static DetectorInput input(Input request) throws TranslateException {
        BytesSupplier data = request.getData();
        if (data == null) {
            throw new TranslateException("the request has no data");
        }
        String type = request.getProperty("Content-Type", "").split(";", 2)[0].strip();
        return type.equalsIgnoreCase(JSON)
                ? input(imageUrl(data.getAsString()))
                : DetectorInput.of(data.getAsBytes());
    }

    /**
     * A request must not make the server read its own files, so that only the web is open to it.
     */
    private static URL imageUrl(String json) throws TranslateException {
        try {
            JsonElement request = JsonParser.parseString(json);
            if (request.isJsonObject()
                    && request.getAsJsonObject().get(IMAGE_URL) instanceof JsonPrimitive text) {
                URL url = new URL(text.getAsString());
                if (url.getProtocol().matches("https?")) {
                    return url;
                }
                throw new TranslateException(
                        IMAGE_URL + " must begin with http:// or https://, not " + url);
            }
            throw new TranslateException("the request's JSON lacks the text " + IMAGE_URL);
        } catch (JsonParseException e) {
            throw new TranslateException("the request is not JSON, as its content type says", e);
        } catch (MalformedURLException e) {
            throw new TranslateException(IMAGE_URL + " is none: " + e.getMessage(), e);
        }
    }

    private static Output output(DetectedObjects objects) {
        Output output = new Output();
        output.add(objects);
        output.addProperty("Content-Type", JSON);
        return output;
    }
}
