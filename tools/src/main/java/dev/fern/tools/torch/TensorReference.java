package dev.fern.tools.torch;

import dev.fern.backbone.parameter.ElementType;

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
     * Where elements lie: in the file, such as the {@code data/KEY} entry of an archive, or in the
     * pickle.
     *
     * @param type type of the elements
     * @param key name of the entry, or of the object in the pickle
     * @param elements how many elements the pickle claims
     * @param pickled the bytes themselves, little-endian; null where they lie elsewhere in the file
     */
    record Storage(ElementType type, String key, long elements, byte[] pickled) {}
}
