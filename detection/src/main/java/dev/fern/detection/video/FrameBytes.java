package dev.fern.detection.video;

import java.io.IOException;

/** Takes a stream of Motion JPEG apart. */
interface FrameBytes {

    /** The largest number of bytes of a frame: 64 MiB. */
    int MOST_BYTES = 1 << 26;

    /** Returns the next frame as the bytes of a JPEG file, or null at the end. */
    byte[] next() throws IOException;

    /** Returns the rate of frames, or 0 if the stream has not told it. */
    double framesPerSecond();

    /** Returns the number of frames, or 0 if the stream has not told it. */
    long frameCount();
}
