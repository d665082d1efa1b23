package dev.fern.tools.torch;

/**
 * What the pickle says about a tensor: it is a strided view of a storage. Nothing in it is checked
 * yet.
 *
 * @param storage the storage that holds the elements
 * @param offset index of the first element within the storage
 * @param shape sizes of the dimensions
 * @param strides steps between neighbours along each dimension, in elements
 */
record TensorReference(Storage storage, long offset, long[] shape, long[] strides) {

    /**
     * One {@code data/KEY} entry of the archive.
     *
     * @param type type of the elements
     * @param key name of the entry
     * @param elements how many elements the pickle claims
     */
    record Storage(StorageType type, String key, long elements) {}
}
