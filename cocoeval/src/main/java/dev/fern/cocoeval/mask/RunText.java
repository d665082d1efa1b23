package dev.fern.cocoeval.mask;

import java.util.Arrays;

/**
 * COCO's compressed run lengths: {@code rleToString} and {@code rleFrString} of pycocotools. Five
 * bits to a character from the lowest, the sixth for more to come, 48 added; from the fourth run on
 * the difference to the run before the last one.
 */
final class RunText {
    private RunText() {}

    static String of(int[] runs) {
        StringBuilder text = new StringBuilder(2 * runs.length);
        for (int i = 0; i < runs.length; i++) {
            long left = Integer.toUnsignedLong(runs[i]);
            if (i > 2) {
                left -= Integer.toUnsignedLong(runs[i - 2]);
            }
            boolean more = true;
            while (more) {
                int bits = (int) (left & 0x1f);
                left >>= 5;
                more = (bits & 0x10) == 0 ? left != 0 : left != -1;
                text.append((char) ((more ? bits | 0x20 : bits) + 48));
            }
        }
        return text.toString();
    }

    /**
     * Unpacks runs. Bytes that no packing makes are taken as C takes them, and one of 0 ends.
     *
     * @param runs as many as {@code text} has bytes, or more; to be filled
     * @return how many runs there are
     * @throws IllegalArgumentException if the text ends within a number, after which pycocotools
     *     reads on in whatever memory follows
     */
    static int unpack(byte[] text, int[] runs) {
        int count = 0;
        int at = 0;
        while (at < text.length && text[at] != 0) {
            int c = text[at++] - 48;
            int run;
            if ((c & ~0x1f) == 0) {
                // most runs are packed as one character
                run = (c & 0x10) == 0 ? c : c - 0x20;
            } else {
                at--;
                int shift = 0;
                run = 0;
                do {
                    if (at == text.length || text[at] == 0) {
                        throw new IllegalArgumentException(
                                "the compressed runs end in the middle of a number");
                    }
                    c = (byte) (text[at++] - 48);
                    // shifts of 32 bits and more are those of x86, and of Java
                    run |= (c & 0x1f) << shift;
                    shift += 5;
                } while ((c & 0x20) != 0);
                if ((c & 0x10) != 0) {
                    run |= -1 << shift;
                }
            }
            runs[count] = count > 2 ? run + runs[count - 2] : run;
            count++;
        }
        return count;
    }

    static int[] runs(byte[] text) {
        int[] runs = new int[text.length];
        return Arrays.copyOf(runs, unpack(text, runs));
    }
}
