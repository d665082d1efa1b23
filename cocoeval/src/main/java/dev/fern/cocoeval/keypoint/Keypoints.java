package dev.fern.cocoeval.keypoint;

import dev.fern.cocoeval.json.CocoFormatException;
import dev.fern.cocoeval.json.JsonTokenizer;
import dev.fern.cocoeval.json.Unusable;
import java.util.Arrays;
import java.util.Optional;

/**
 * The keypoints of an object as a file lists them: x, y and visibility in turn. Immutable.
 *
 * <p>In ground truth a visibility above 0 means that the point is labelled; in detections the third
 * numbers count for nothing. pycocotools does not ask for complete triples, so x, y and visibility
 * may differ in number.
 */
public final class Keypoints {
    /** x, y, visibility. */
    static final int NUMBERS = 3;

    private final double[] numbers;
    private final Unusable problem;
    private final Unusable placeProblem;

    private Keypoints(double[] numbers, Unusable problem, Unusable placeProblem) {
        this.numbers = numbers;
        this.problem = problem;
        this.placeProblem = placeProblem;
    }

    /**
     * Takes keypoints from memory.
     *
     * @param numbers x and y in pixels and visibility (0 not labelled, 1 hidden, 2 visible) of each
     *     point in turn; copied
     * @return the keypoints
     */
    public static Keypoints of(double... numbers) {
        return new Keypoints(numbers.clone(), null, null);
    }

    /**
     * Reads the value of a {@code keypoints} member.
     *
     * @param in stands before the value, and then behind it
     * @return what it holds; with a {@link #problem} if that is not a list of numbers
     * @throws CocoFormatException if the value breaks JSON's syntax
     */
    public static Keypoints read(JsonTokenizer in) throws CocoFormatException {
        int c = in.peek();
        long start = in.offset();
        if (c != '[') {
            in.skipValue();
            Unusable noList = Unusable.at(in, start, "is not a list of x, y and visibility");
            return new Keypoints(new double[0], noList, noList);
        }
        double[] numbers = new double[17 * NUMBERS];
        int count = 0;
        Unusable problem = null;
        Unusable placeProblem = null;
        in.beginArray();
        for (; in.nextElement(); count++) {
            if (count == numbers.length) {
                numbers = Arrays.copyOf(numbers, 2 * count);
            }
            boolean isNumber = in.isNumberNext();
            long at = in.offset();
            if (isNumber) {
                numbers[count] = in.readDouble();
                if (problem == null && isTooLarge(numbers[count]) && in.wasInteger()) {
                    problem = Unusable.at(in, at, "is an integer of more than 64 bits");
                }
            } else if (in.readValue() instanceof Boolean truth) {
                numbers[count] = truth ? 1 : 0;
            } else {
                Unusable noNumber = Unusable.at(in, at, "is not a number");
                problem = problem == null ? noNumber : problem;
                if (placeProblem == null && count % NUMBERS < 2) {
                    placeProblem = noNumber;
                }
            }
        }
        return new Keypoints(Arrays.copyOf(numbers, count), problem, placeProblem);
    }

    /** Whether numpy has no integer for it, and then computes nothing with its neighbours. */
    private static boolean isTooLarge(double number) {
        return number >= 0x1p64 || number < -0x1p63;
    }

    /** {@return what keeps the keypoints from being compared, if they are no list of numbers} */
    public Optional<Unusable> problem() {
        return Optional.ofNullable(problem);
    }

    /**
     * {@return what keeps them from having a box, for which the third numbers count for nothing}
     */
    public Optional<Unusable> placeProblem() {
        return Optional.ofNullable(placeProblem);
    }

    /** {@return x, y and visibility in turn; a copy} */
    public double[] numbers() {
        return numbers.clone();
    }

    /** How many x (0), y (1) or visibilities (2) there are. */
    int count(int which) {
        return (numbers.length - which + NUMBERS - 1) / NUMBERS;
    }

    /** One x (0), y (1) or visibility (2); the only one stands for all, as numpy broadcasts it. */
    double get(int which, int point) {
        return numbers[count(which) == 1 ? which : NUMBERS * point + which];
    }

    /** {@return how many points are labelled, that is, have a visibility above 0} */
    public int labelled() {
        int labelled = 0;
        for (int i = 2; i < numbers.length; i += NUMBERS) {
            labelled += numbers[i] > 0 ? 1 : 0;
        }
        return labelled;
    }

    /**
     * Finds the box around all points, those that are left at (0, 0) included.
     *
     * @return left, top, width and height in pixels; NaN where a number is
     * @throws IllegalArgumentException without an x and a y
     */
    public double[] box() {
        if (numbers.length < 2) {
            throw new IllegalArgumentException("has no keypoint");
        }
        double[] least = {Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY};
        double[] most = {Double.NEGATIVE_INFINITY, Double.NEGATIVE_INFINITY};
        for (int i = 0; i < numbers.length; i++) {
            int which = i % NUMBERS;
            if (which < 2) {
                least[which] = Math.min(least[which], numbers[i]);
                most[which] = Math.max(most[which], numbers[i]);
            }
        }
        return new double[] {least[0], least[1], most[0] - least[0], most[1] - least[1]};
    }
}
