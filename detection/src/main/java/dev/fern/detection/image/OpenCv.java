package dev.fern.detection.image;

import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.opencv.opencv_java;
import org.opencv.core.Core;

/** OpenCV's native library, loaded when this class is first touched. */
final class OpenCv {

    static {
        if (!loadExtracted()) {
            Loader.load(opencv_java.class);
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
     * Loads what an earlier process has extracted to JavaCPP's cache. JavaCPP's own loading looks
     * for CUDA and for every optional dependency each time, which takes ten times as long as this.
     *
     * @return false if something is not there yet: then JavaCPP has to do it
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
            // They need each other in an order that is found by trying: failures take no time.
            while (!left.isEmpty()) {
                if (!left.removeIf(OpenCv::loads)) {
                    return false;
                }
            }
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
