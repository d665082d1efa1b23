package dev.fern.detection.image;

import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.opencv.opencv_java;
import org.opencv.core.Core;

/** OpenCV's native library, loaded when this class is first used. */
final class OpenCv {

    static {
        if (!loadExtracted()) {
            extractAndLoad();
        }
        // The loader's threads are the parallelism; OpenCV's own would take cores from the network.
        Core.setNumThreads(1);
    }

    private OpenCv() {}

    /** Makes sure that the native library is there before the first {@code org.opencv} call. */
    static void load() {
        // The static initialiser has done it.
    }

    /**
     * Lets JavaCPP extract OpenCV to its cache and load it. On Linux that fails without GTK 2,
     * which most servers lack, since JavaCPP also loads the module for windows. Nothing here needs
     * that module, so the fallback extracts all modules and loads those that it can.
     */
    private static void extractAndLoad() {
        try {
            Loader.load(opencv_java.class);
        } catch (UnsatisfiedLinkError e) {
            try {
                Loader.cacheResource(opencv_java.class, Loader.getPlatform() + "/");
            } catch (IOException extraction) {
                e.addSuppressed(extraction);
                throw e;
            }
            if (!loadExtracted()) {
                throw e;
            }
        }
    }

    /**
     * Loads OpenCV from JavaCPP's cache. JavaCPP's own loading looks for CUDA and for every
     * optional dependency each time, which takes ten times as long as this.
     *
     * @return false if the cache does not hold everything yet; JavaCPP then has to load it
     */
    private static boolean loadExtracted() {
        boolean oneLoader = OpenCv.class.getClassLoader() == Core.class.getClassLoader();
        if (!Loader.getPlatform().startsWith("linux") || !oneLoader) {
            return false;
        }
        try {
            String platform = Loader.getPlatform() + "/";
            File java = Loader.cacheResource(opencv_java.class, platform + "libopencv_java.so");
            // JavaCPP extracts this one last: with it there, all others are whole.
            if (java == null || !new File(java.getParentFile(), "libjniopencv_java.so").exists()) {
                return false;
            }
            List<File> left = new ArrayList<>();
            for (File file : java.getParentFile().listFiles()) {
                if (file.getName().contains(".so.")) {
                    left.add(file);
                }
            }
            // They depend on each other in an order that is found by trying: failures take no time.
            while (left.removeIf(OpenCv::loads)) {}
            return loads(java);
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean loads(File library) {
        try {
            System.load(library.getAbsolutePath());
            return true;
        } catch (UnsatisfiedLinkError e) {
            return false;
        }
    }
}
