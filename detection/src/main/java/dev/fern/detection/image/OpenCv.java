package dev.fern.detection.image;

import dev.fern.backbone.host.NativeCache;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ref.Reference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.opencv.opencv_java;
import org.opencv.core.Core;
import org.opencv.core.CvException;
import org.opencv.core.CvType;
import org.opencv.core.Mat;
import org.opencv.imgcodecs.Imgcodecs;

/** OpenCV's native library, loaded from a private folder when it is first asked for. */
public final class OpenCv {

    private static final String PLATFORM = Loader.getPlatform();

    /** What OpenCV needs beside itself, each after what it needs in turn. */
    private static final List<String> OPENBLAS =
            List.of("gcc_s.so.1", "quadmath.so.0", "gfortran.so.5", "openblas.so.0");

    /** The modules that OpenCV's Java library needs, each after what it needs in turn. */
    private static final List<String> MODULES =
            List.of(
                    "core",
                    "imgproc",
                    "imgcodecs",
                    "videoio",
                    "flann",
                    "features2d",
                    "calib3d",
                    "dnn",
                    "objdetect",
                    "aruco",
                    "video",
                    "bgsegm",
                    "bioinspired",
                    "photo",
                    "face",
                    "plot",
                    "img_hash",
                    "phase_unwrapping",
                    "structured_light",
                    "ml",
                    "text",
                    "tracking",
                    "xfeatures2d",
                    "ximgproc",
                    "xphoto",
                    "saliency",
                    "wechat_qrcode",
                    "dnn_superres");

    private static boolean isLoaded;

    private OpenCv() {}

    /**
     * Makes sure that the native library is there before the first {@code org.opencv} call.
     *
     * @throws dev.fern.backbone.host.NativeCacheException if there is no private place for it
     */
    public static synchronized void load() {
        if (isLoaded) {
            return;
        }
        try {
            NativeCache.prepareJavaCpp();
            if (PLATFORM.startsWith("linux") && canLoadFor(Core.class)) {
                loadOneByOne();
            } else {
                Loader.load(opencv_java.class);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("OpenCV's library can't be extracted: " + e, e);
        }
        // The loader's threads are the parallelism; OpenCV's own would take cores from the network.
        Core.setNumThreads(1);
        isLoaded = true;
    }

    /** {@return the version of the library, such as 4.13.0} */
    public static String version() {
        return Core.VERSION;
    }

    /**
     * Frees a matrix's pixels. OpenCV's own {@code release} hands on no more than an address, so
     * that the garbage collector may take the matrix for dead at once and its finalizer delete it
     * meanwhile, which damages native memory. Therefore the matrix stays reachable until its pixels
     * are free, and no other code calls {@link Mat#release}. An operation on a matrix is as safe as
     * long as the matrix is released after it.
     *
     * @param matrix must not be used afterwards
     */
    public static void release(Mat matrix) {
        matrix.release();
        Reference.reachabilityFence(matrix);
    }

    /**
     * Decodes an image file as 8-bit BGR of three channels, whatever orientation it has.
     *
     * @param bytes of the file
     * @param reduction 1, 2, 4 or 8: what both sides are divided by
     * @return the pixels, which the caller releases; empty if they can't be decoded
     */
    static Mat decode(byte[] bytes, int reduction) {
        load();
        Mat encoded = new Mat(1, bytes.length, CvType.CV_8UC1);
        try {
            encoded.put(0, 0, bytes);
            int size =
                    switch (reduction) {
                        case 1 -> Imgcodecs.IMREAD_COLOR;
                        case 2 -> Imgcodecs.IMREAD_REDUCED_COLOR_2;
                        case 4 -> Imgcodecs.IMREAD_REDUCED_COLOR_4;
                        case 8 -> Imgcodecs.IMREAD_REDUCED_COLOR_8;
                        default -> throw new IllegalArgumentException("reduction " + reduction);
                    };
            return Imgcodecs.imdecode(encoded, size | Imgcodecs.IMREAD_IGNORE_ORIENTATION);
        } catch (CvException e) {
            return new Mat();
        } finally {
            release(encoded);
        }
    }

    private static boolean canLoadFor(Class<?> type) {
        return OpenCv.class.getClassLoader() == type.getClassLoader();
    }

    /**
     * Loads the libraries on Linux, each after all that it needs. JavaCPP's own loading takes ten
     * times as long, since it looks for CUDA, and has two faults. It wants the module for windows
     * too, which fails without GTK 2, as on most servers. And what a library needs and is not
     * loaded yet is first sought in a folder under {@code /home/runner}, where they were built:
     * another user's home, if there is a user of that name.
     */
    private static void loadOneByOne() throws IOException {
        for (String name : OPENBLAS) {
            load("openblas", name);
        }
        if (!Files.readString(Path.of("/proc/self/maps")).contains("/libstdc++.so.6")) {
            load("javacpp", "jnijavacpp.so"); // brings the system's, as many JVMs do not
        }
        String version = ".so." + (100 * Core.VERSION_MAJOR + Core.VERSION_MINOR);
        for (String module : MODULES) {
            load("opencv", "opencv_" + module + version);
        }
        load("opencv", "opencv_java.so");
    }

    private static void load(String artefact, String name) throws IOException {
        String resource = "/org/bytedeco/" + artefact + "/" + PLATFORM + "/lib" + name;
        File library = Loader.cacheResource(OpenCv.class, resource);
        if (library == null) {
            throw new UnsatisfiedLinkError(resource + " is not on the class path");
        }
        System.load(library.getAbsolutePath());
    }
}
