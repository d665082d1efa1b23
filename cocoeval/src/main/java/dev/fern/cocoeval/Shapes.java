package dev.fern.cocoeval;

import dev.fern.cocoeval.keypoint.Keypoints;
import dev.fern.cocoeval.mask.Rle;
import dev.fern.cocoeval.mask.Segmentation;
import dev.fern.cocoeval.mask.Segmentation.Refused;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/** What records have beside boxes: the masks or the keypoints that an evaluation is about. */
public final class Shapes {
    private final IouType type;
    private final List<Segmentation> masks = new ArrayList<>();
    private final List<Keypoints> keypoints = new ArrayList<>();
    private final BitSet withoutLabels = new BitSet();
    private final BitSet measured = new BitSet();
    private boolean flawless = true;
    private int size;

    /**
     * @param type what to keep; masks or keypoints, or for boxes nothing
     */
    Shapes(IouType type) {
        this.type = type;
    }

    /**
     * Takes masks from memory.
     *
     * @param masks one per record, each of the size of its image
     * @return shapes of {@link IouType#SEGM}
     */
    public static Shapes ofMasks(List<Rle> masks) {
        Shapes shapes = new Shapes(IouType.SEGM);
        masks.forEach(mask -> shapes.add(Segmentation.compressed(mask), null));
        return shapes;
    }

    /**
     * Takes keypoints from memory. A record without labelled points is ignored.
     *
     * @param keypoints one set per record
     * @return shapes of {@link IouType#KEYPOINTS}
     */
    public static Shapes ofKeypoints(List<Keypoints> keypoints) {
        Shapes shapes = new Shapes(IouType.KEYPOINTS);
        for (Keypoints points : keypoints) {
            shapes.add(null, points);
            if (points.labelled() == 0) {
                shapes.setUnlabelled();
            }
        }
        return shapes;
    }

    int size() {
        return size;
    }

    /** Draws the mask of a record; empty if it has none that can be drawn. */
    Optional<Rle> draw(int i, CocoImage image) {
        if (mask(i) == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(mask(i).draw(image.height(), image.width()));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    IouType type() {
        return type;
    }

    /** Adds what the next record has; null for what is not there. Keeps what its type needs. */
    void add(Segmentation mask, Keypoints points) {
        if (type == IouType.SEGM) {
            masks.add(mask);
            flawless &= mask != null && !(mask instanceof Refused);
        } else if (type == IouType.KEYPOINTS) {
            keypoints.add(points);
        }
        size++;
    }

    /** Adds all that another has, of the same type. */
    void addAll(Shapes other) {
        masks.addAll(other.masks);
        keypoints.addAll(other.keypoints);
        other.withoutLabels.stream().forEach(i -> withoutLabels.set(size + i));
        other.measured.stream().forEach(i -> measured.set(size + i));
        flawless &= other.flawless;
        size += other.size;
    }

    /** Notes that the box of the record added last is that of its mask. */
    void setMeasured() {
        measured.set(size - 1);
    }

    /** Whether the box of a record is known to be that of its mask. */
    boolean isMeasured(int i) {
        return measured.get(i);
    }

    /** Whether every record has a mask that is none to refuse. */
    boolean isFlawless() {
        return flawless;
    }

    /** Notes that the record added last has a {@code num_keypoints} of 0. */
    void setUnlabelled() {
        withoutLabels.set(size - 1);
    }

    boolean isUnlabelled(int i) {
        return withoutLabels.get(i);
    }

    /** The labelled keypoints of a record, at least one unless {@code num_keypoints} was 0. */
    int labelled(int i) {
        return isUnlabelled(i)
                ? 0
                : keypoints(i) == null ? 1 : Math.max(1, keypoints(i).labelled());
    }

    /** Whether a record has a mask or keypoints. */
    boolean has(int i) {
        return mask(i) != null || keypoints(i) != null;
    }

    /** The mask of a record; null if it has none, or is about something else. */
    Segmentation mask(int i) {
        return i < masks.size() ? masks.get(i) : null;
    }

    /** The keypoints of a record; null if it has none, or is about something else. */
    Keypoints keypoints(int i) {
        return i < keypoints.size() ? keypoints.get(i) : null;
    }
}
