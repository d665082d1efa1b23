package dev.fern.tools.torch;

import dev.fern.backbone.parameter.ElementType;
import dev.fern.tools.torch.TensorReference.Storage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import net.razorvine.pickle.Opcodes;
import net.razorvine.pickle.PickleException;
import net.razorvine.pickle.PickleUtils;
import net.razorvine.pickle.Unpickler;

/**
 * Unpickles state dictionaries, among whatever else a checkpoint holds.
 *
 * <p>A pickle is a program. The library underneath resolves class names in a static registry that
 * any code may add to, and makes up a dictionary for names that it doesn't know. This class
 * therefore answers every operation that names or builds an object itself: by a description where
 * it is one of the {@link PickledCallable}s, and by a {@link SkippedObject} otherwise, which is a
 * name and builds nothing. It leaves to the library only the plain values of pickle protocols 2 to
 * 5, and refuses everything else.
 *
 * <p>Unlike the library's own, its dictionaries keep their order. Lists grow in amortised constant
 * time.
 */
final class StateDictUnpickler extends Unpickler {

    /**
     * The most operations of one file. A state dict takes about 60 per tensor; each can fill some
     * 60 bytes of heap.
     */
    private static final int MAX_OPERATIONS = 4 << 20;

    /** So many names of what was skipped are kept. */
    private static final int MAX_SKIPPED_NAMES = 100;

    private final Path file;
    private final Map<String, Storage> storages = new HashMap<>();
    private final Set<String> skipped = new LinkedHashSet<>();
    private PickleInput source;
    private int operations;
    private long encoded;

    /**
     * Makes an unpickler for one file.
     *
     * @param file the file's name, for messages
     */
    StateDictUnpickler(Path file) {
        this.file = file;
    }

    /**
     * Reads one pickled object and nothing beyond it.
     *
     * @return a {@link TensorReference}, a {@link NumpyArray}, a {@link SkippedObject}, a {@code
     *     Map}, a {@code List}, an {@code Object[]} for a tuple, or a plain value
     * @throws TorchCheckpointException if the pickle is damaged or holds what is refused
     */
    Object read(PickleInput pickle) throws TorchCheckpointException {
        source = pickle;
        try {
            return load(pickle);
        } catch (IOException | RuntimeException e) {
            // The library throws ClassCastException and the like where a pickle is damaged.
            throw new TorchCheckpointException(
                    file, "the pickle in it can't be read (" + e.getMessage() + ")", e);
        }
    }

    /** Returns the storages that were referred to so far, by key. */
    Map<String, Storage> storages() {
        return storages;
    }

    /** Returns the names of the classes and functions that were skipped, up to a hundred. */
    List<String> skipped() {
        return List.copyOf(skipped);
    }

    @Override
    protected Object dispatch(short key) throws IOException {
        if (++operations > MAX_OPERATIONS) {
            throw new PickleException("more than " + MAX_OPERATIONS + " operations");
        }
        switch (key) {
            case Opcodes.BINUNICODE -> {
                input.mark(Integer.BYTES);
                length(Integer.BYTES);
                input.reset();
                return super.dispatch(key);
            }
            case Opcodes.PROTO,
                    Opcodes.FRAME,
                    Opcodes.STOP,
                    Opcodes.MARK,
                    Opcodes.NONE,
                    Opcodes.NEWTRUE,
                    Opcodes.NEWFALSE,
                    Opcodes.BININT,
                    Opcodes.BININT1,
                    Opcodes.BININT2,
                    Opcodes.LONG1,
                    Opcodes.BINFLOAT,
                    Opcodes.SHORT_BINUNICODE,
                    Opcodes.EMPTY_TUPLE,
                    Opcodes.TUPLE,
                    Opcodes.TUPLE1,
                    Opcodes.TUPLE2,
                    Opcodes.TUPLE3,
                    Opcodes.EMPTY_LIST,
                    Opcodes.BINPUT,
                    Opcodes.LONG_BINPUT,
                    Opcodes.MEMOIZE,
                    Opcodes.BINGET,
                    Opcodes.LONG_BINGET,
                    Opcodes.BINPERSID -> {
                return super.dispatch(key);
            }
            case Opcodes.SHORT_BINBYTES -> stack.add(bytes(length(1)));
            case Opcodes.BINBYTES -> stack.add(bytes(length(Integer.BYTES)));
            case Opcodes.BINBYTES8, Opcodes.BYTEARRAY8 -> stack.add(bytes(length(Long.BYTES)));
            case Opcodes.SHORT_BINSTRING -> stack.add(latin1(bytes(length(1))));
            case Opcodes.BINSTRING -> stack.add(latin1(bytes(length(Integer.BYTES))));
            case Opcodes.APPEND -> append(Collections.singletonList(stack.pop()));
            case Opcodes.APPENDS -> append(stack.pop_all_since_marker());
            case Opcodes.EMPTY_DICT -> stack.add(new LinkedHashMap<Object, Object>());
            case Opcodes.SETITEM -> {
                Object value = stack.pop();
                put(stack.pop(), value);
            }
            case Opcodes.SETITEMS -> {
                List<Object> items = stack.pop_all_since_marker();
                for (int i = 0; i < items.size(); i += 2) {
                    put(items.get(i), items.get(i + 1));
                }
            }
            case Opcodes.EMPTY_SET -> stack.add(new SkippedObject("set"));
            case Opcodes.ADDITEMS -> {
                stack.pop_all_since_marker();
                SkippedObject.class.cast(stack.peek());
            }
            case Opcodes.FROZENSET -> {
                stack.pop_all_since_marker();
                stack.add(new SkippedObject("frozenset"));
            }
            case Opcodes.GLOBAL -> {
                String module = PickleUtils.readline(input);
                stack.add(resolve(module, PickleUtils.readline(input)));
            }
            case Opcodes.STACK_GLOBAL -> {
                String name = (String) stack.pop();
                stack.add(resolve((String) stack.pop(), name));
            }
            case Opcodes.REDUCE, Opcodes.NEWOBJ -> {
                Object[] arguments = (Object[]) stack.pop();
                stack.add(made(stack.pop(), arguments));
            }
            case Opcodes.NEWOBJ_EX -> {
                stack.pop();
                stack.pop();
                stack.add(((SkippedObject) stack.pop()).made());
            }
            case Opcodes.BUILD -> setState(stack.pop());
            default -> throw new PickleException(String.format("operation 0x%02x is refused", key));
        }
        return NO_RETURN_VALUE;
    }

    @Override
    protected Object persistentLoad(Object id) {
        Object[] fields = (Object[]) id;
        if (fields.length > 1 && "module".equals(fields[0])) {
            return fields[1]; // the class of a module, beside its source, in the older format
        }
        // The format before 1.6 has a sixth field, for views of other storages, which PyTorch has
        // not written for years.
        if (fields.length < 5
                || !"storage".equals(fields[0])
                || fields.length > 5 && fields[5] != null) {
            throw new PickleException("a persistent id that is not a storage");
        }
        if (fields[1] instanceof SkippedObject type) {
            return type;
        }
        Storage storage =
                new Storage(
                        (ElementType) fields[1],
                        (String) fields[2],
                        PickledValues.integer(fields[4]),
                        null);
        storages.put(storage.key(), storage);
        return storage;
    }

    private Object resolve(String module, String name) {
        String qualified = module + "." + name;
        Optional<Object> known = PickledCallable.named(qualified);
        if (known.isEmpty() && skipped.size() < MAX_SKIPPED_NAMES) {
            skipped.add(qualified);
        }
        return known.orElseGet(() -> new SkippedObject(qualified));
    }

    private Object made(Object callable, Object[] arguments) {
        if (callable instanceof SkippedObject skippedCallable) {
            return skippedCallable.made();
        }
        if (callable == PickledCallable.BYTES && arguments[0] instanceof String text) {
            // One text of the memo could be encoded any number of times.
            encoded += text.length();
            if (encoded > source.size()) {
                throw new PickleException("more bytes than the file has");
            }
        }
        return ((PickledCallable) callable).call(arguments);
    }

    private void setState(Object state) {
        Object target = stack.peek();
        if (target instanceof SkippedObject object) {
            object.setState(state);
        } else if (target instanceof NumpyArray array) {
            array.setState((Object[]) state);
        } else if (target instanceof NumpyArray.Type type) {
            type.setState((Object[]) state);
        } else if (!(target instanceof Map || target instanceof TensorReference)) {
            // Of a state dict its _metadata is dropped, of a parameter its hooks.
            throw new PickleException("attributes of an object that has none");
        }
    }

    private void append(List<Object> items) {
        if (!(stack.peek() instanceof SkippedObject)) {
            @SuppressWarnings("unchecked")
            List<Object> list = (List<Object>) stack.peek();
            list.addAll(items);
        }
    }

    private void put(Object key, Object value) {
        if (stack.peek() instanceof SkippedObject) {
            return;
        }
        @SuppressWarnings("unchecked")
        Map<Object, Object> dictionary = (Map<Object, Object>) stack.peek();
        // Other keys would be hashed through their contents, without end for a list that holds
        // itself. No state dict has them.
        if (key instanceof String || key instanceof Integer || key instanceof Long) {
            dictionary.put(key, value);
        }
    }

    /** Reads a length and refuses one beyond the file: it would be allocated first. */
    private int length(int bytes) throws IOException {
        byte[] number = PickleUtils.readbytes(input, bytes);
        long length = 0;
        for (int i = bytes - 1; i >= 0; i--) {
            length = length << 8 | number[i] & 0xff;
        }
        if (length < 0 || length > Math.min(source.left(), Integer.MAX_VALUE - 8)) {
            throw new PickleException(
                    Long.toUnsignedString(length) + " bytes that go beyond the end");
        }
        return (int) length;
    }

    private byte[] bytes(int length) throws IOException {
        return PickleUtils.readbytes(input, length);
    }

    private static String latin1(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
