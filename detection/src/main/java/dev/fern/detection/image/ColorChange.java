package dev.fern.detection.image;

import org.opencv.core.Core;
import org.opencv.core.CvType;
import org.opencv.core.Mat;
import org.opencv.core.Scalar;
import org.opencv.imgproc.Imgproc;

/**
 * A change of an image's light and colour; results are rounded and held within 0 to 255.
 *
 * @param brightness factor on all channels, at least 0; 1 changes nothing
 * @param contrast factor on the distance from the image's mean gray, at least 0; 1 changes nothing
 * @param saturation factor on the saturation of HSV, at least 0; 1 changes nothing
 * @param hueDegrees turn of the hue, -180 to 180; 0 changes nothing
 */
public record ColorChange(
        double brightness, double contrast, double saturation, double hueDegrees) {

    /** The change that leaves an image as it is. */
    public static final ColorChange NONE = new ColorChange(1, 1, 1, 0);

    /** OpenCV keeps the hue of 8-bit images in steps of two degrees. */
    private static final int HUE_STEPS = 180;

    /**
     * Checks the ranges.
     *
     * @param brightness at least 0
     * @param contrast at least 0
     * @param saturation at least 0
     * @param hueDegrees -180 to 180
     * @throws IllegalArgumentException if one is out of its range
     */
    public ColorChange {
        if (!(brightness >= 0 && contrast >= 0 && saturation >= 0 && Math.abs(hueDegrees) <= 180)) {
            throw new IllegalArgumentException(
                    "colour change with brightness "
                            + brightness
                            + ", contrast "
                            + contrast
                            + ", saturation "
                            + saturation
                            + ", hue "
                            + hueDegrees
                            + ": wanted factors of at least 0 and a hue of -180 to 180");
        }
    }

    /**
     * Returns a changed copy of an image.
     *
     * @param image is left as it is
     * @return the copy, which the caller closes
     */
    public BgrImage applyTo(BgrImage image) {
        BgrImage changed = image.copy();
        Mat mat = changed.mat();
        if (brightness != 1 || contrast != 1) {
            // brightness first: c * (b x - m) + m with m the mean gray of b x
            double mean = brightness * meanGray(mat);
            mat.convertTo(mat, -1, brightness * contrast, mean * (1 - contrast));
        }
        if (saturation != 1 || hueDegrees != 0) {
            Imgproc.cvtColor(mat, mat, Imgproc.COLOR_BGR2HSV);
            Mat table = hsvTable();
            Core.LUT(mat, table, mat);
            OpenCv.release(table);
            Imgproc.cvtColor(mat, mat, Imgproc.COLOR_HSV2BGR);
        }
        return changed;
    }

    private static double meanGray(Mat mat) {
        Scalar mean = Core.mean(mat);
        // The weights of ITU-R BT.601, as in OpenCV's and PIL's gray.
        return 0.114 * mean.val[0] + 0.587 * mean.val[1] + 0.299 * mean.val[2];
    }

    private Mat hsvTable() {
        byte[] table = new byte[3 * 256];
        int shift = (int) Math.round(hueDegrees / 2);
        for (int i = 0; i < 256; i++) {
            table[3 * i] = (byte) Math.floorMod(i + shift, HUE_STEPS);
            table[3 * i + 1] = (byte) Math.min(255, Math.round(i * saturation));
            table[3 * i + 2] = (byte) i;
        }
        Mat mat = new Mat(1, 256, CvType.CV_8UC3);
        mat.put(0, 0, table);
        return mat;
    }
}
