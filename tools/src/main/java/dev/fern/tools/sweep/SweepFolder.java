package dev.fern.tools.sweep;

import dev.fern.detection.train.RunDirectory;
import dev.fern.detection.train.RunLock;
import dev.fern.tools.sweep.result.CellResult;
import dev.fern.tools.sweep.result.Grid.Cell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A sweep's folder: {@code sweep.json}, the cells' folders in {@code cells}, and the results.
 *
 * @param path the folder
 */
record SweepFolder(Path path) {

    /** Returns a cell's folder, whether it exists or not. */
    CellFolder cell(Cell cell) {
        return new CellFolder(cells().resolve(cell.name()));
    }

    /**
     * Returns whether a cell is done and was trained here, so that its detections are at hand.
     *
     * @throws IOException naming the file if it is damaged
     */
    boolean hasDetections(CellResult result) throws IOException {
        return result.isDone() && cell(result.cell()).outcome().isPresent();
    }

    /** Returns the file of the settings that all cells share. */
    Path settings() {
        return path.resolve("sweep.json");
    }

    /** Returns the folder of the cells' folders. */
    Path cells() {
        return path.resolve("cells");
    }

    Path csv() {
        return path.resolve("results.csv");
    }

    Path json() {
        return path.resolve("results.json");
    }

    Path report() {
        return path.resolve("report.html");
    }

    Path markdown() {
        return path.resolve("report.md");
    }

    /** Returns the folder of the plots that {@link #markdown} shows. */
    Path plots() {
        return path.resolve("plots");
    }

    /** Returns whether a sweep was begun here. */
    boolean isBegun() {
        return Files.exists(settings());
    }

    /**
     * Creates the folder where it is missing, and keeps other sweeps out of it until the lock is
     * closed.
     *
     * @throws IOException naming the folder if another sweep has it or it can't be written to
     */
    RunLock lock() throws IOException {
        return RunDirectory.create(path).lock();
    }
}
