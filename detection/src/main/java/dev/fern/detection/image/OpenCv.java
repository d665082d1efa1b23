package dev.fern.detection.image;

import org.bytedeco.javacpp.Loader;
import org.bytedeco.opencv.opencv_java;
import org.opencv.core.Core;

/** OpenCV's native library, loaded when this class is first touched. */
final class OpenCv {

    static {
        Loader.load(opencv_java.class);
        // The loader's threads are the parallelism; OpenCV's own would take cores from the network.
        Core.setNumThreads(1);
    }

    private OpenCv() {}

    /** Makes sure that the native library is there before the first {@code org.opencv} call. */
    static void load() {
        // The static initialiser has done it.
    }
}
