package dev.fern.tools.sweep.result;

/**
 * What a cell's training took, over all its processes that ended while the sweep watched them.
 *
 * @param wallSeconds time by the clock
 * @param cpuSeconds time of all cores together, to the second for each process
 * @param starts number of processes
 */
public record CellCost(double wallSeconds, double cpuSeconds, int starts) {

    /** The cost of a cell that was not begun. */
    public static final CellCost NONE = new CellCost(0, 0, 0);

    /**
     * {@return the cost with one more process}
     *
     * @param wall its time by the clock in seconds
     * @param cpu its time of all cores in seconds
     */
    public CellCost plus(double wall, double cpu) {
        return new CellCost(wallSeconds + wall, cpuSeconds + cpu, starts + 1);
    }
}
