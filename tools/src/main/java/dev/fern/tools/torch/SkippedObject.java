package dev.fern.tools.torch;

/**
 * Stands for an object of a pickle that is not built, or for the class or function that would have
 * built it. What the pickle puts into the object is dropped, except for its attributes: those of a
 * PyTorch module hold its tensors.
 */
final class SkippedObject {

    private final String name;
    private Object state;

    /**
     * Makes a mark.
     *
     * @param name the qualified name of the class or function
     */
    SkippedObject(String name) {
        this.name = name;
    }

    String name() {
        return name;
    }

    /** Returns the object's attributes as the pickle gives them; null for none. */
    Object state() {
        return state;
    }

    void setState(Object attributes) {
        state = attributes;
    }

    /** Returns what calling this, or building an object of it, gives. */
    SkippedObject made() {
        return new SkippedObject(name);
    }
}
