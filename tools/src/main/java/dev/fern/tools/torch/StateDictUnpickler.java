package dev.fern.tools.torch;

import dev.fern.tools.torch.TensorReference.Storage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.razorvine.pickle.Opcodes;
import net.razorvine.pickle.PickleException;
import net.razorvine.pickle.PickleUtils;
import net.razorvine.pickle.Unpickler;

/**
 * Unpickles what {@code torch.save} writes for a state dict and nothing else.
 *
 * <p>A pickle is a program. The library underneath resolves class names in a static registry that
 * any code may add to, and makes up a dictionary for names that it doesn't know. This class
 * therefore answers every operation that names or builds an object itself, from a closed list:
 * ordered dictionaries, typed storages and the two functions that rebuild tensors and parameters.
 * It leaves to the library only the plain values of pickle protocols 2 to 4 that PyTorch uses, and
 * refuses everything else.
 *
 * <p>Unlike the library's own, its dictionaries keep their order. Lists grow in amortised constant
 * time.
 */
final class StateDictUnpickler extends Unpickler {

    /**
     * PyTorch's own limit. Without a limit, any number of tensors could take one long tuple from
     * the memo.
     */
    private static final int MAX_DIMENSIONS = 64;

    /** The callables that a pickle may name. */
    private enum Builder {
        ORDERED_DICT,
        TENSOR,
        PARAMETER
    }

    private final Path file;
    private final Map<String, Storage> storages = new HashMap<>();

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
     * @return a {@link TensorReference}, a {@code Map}, a {@code List} or a plain value
     * @throws TorchCheckpointException if the pickle is damaged or holds what is refused
     */
    Object read(ByteArrayInputStream pickle) throws TorchCheckpointException {
        try {
            return load(pickle);
        } catch (TorchCheckpointException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            // The library throws ClassCastException and the like where a pickle is damaged.
            throw new TorchCheckpointException(
                    file,
                    "the pickle in it is not one of a state dict (" + e.getMessage() + ")",
                    e);
        }
    }

    /** Returns the storages that were referred to so far, by key. */
    Map<String, Storage> storages() {
        return storages;
    }

    @Override
    protected Object dispatch(short key) throws IOException {
        switch (key) {
            case Opcodes.BINUNICODE -> {
                refuseTextBeyondTheEnd();
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
                    Opcodes.APPEND,
                    Opcodes.BINPUT,
                    Opcodes.LONG_BINPUT,
                    Opcodes.MEMOIZE,
                    Opcodes.BINGET,
                    Opcodes.LONG_BINGET,
                    Opcodes.BINPERSID -> {
                return super.dispatch(key);
            }
            case Opcodes.APPENDS -> {
                List<Object> items = stack.pop_all_since_marker();
                @SuppressWarnings("unchecked")
                List<Object> list = (List<Object>) stack.peek();
                list.addAll(items);
            }
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
            case Opcodes.GLOBAL -> {
                String module = PickleUtils.readline(input);
                stack.add(resolve(module, PickleUtils.readline(input)));
            }
            case Opcodes.STACK_GLOBAL -> {
                String name = (String) stack.pop();
                stack.add(resolve((String) stack.pop(), name));
            }
            case Opcodes.REDUCE -> {
                Object[] arguments = (Object[]) stack.pop();
                stack.add(build((Builder) stack.pop(), arguments));
            }
            case Opcodes.BUILD -> {
                // Drops the attributes of a state dict, such as its _metadata, which are not
                // needed.
                stack.pop();
                Map.class.cast(stack.peek());
            }
            default -> throw new PickleException(String.format("operation 0x%02x is refused", key));
        }
        return NO_RETURN_VALUE;
    }

    @Override
    protected Object persistentLoad(Object id) {
        Object[] fields = (Object[]) id;
        // The format before 1.6 has a sixth field, for views of other storages, which PyTorch has
        // not written for years.
        if (fields.length < 5
                || !"storage".equals(fields[0])
                || fields.length > 5 && fields[5] != null) {
            throw new PickleException("a persistent id that is not a storage");
        }
        Storage storage =
                new Storage((StorageType) fields[1], (String) fields[2], integer(fields[4]));
        storages.put(storage.key(), storage);
        return storage;
    }

    private Object resolve(String module, String name) throws TorchCheckpointException {
        String qualified = module + "." + name;
        return switch (qualified) {
            case "collections.OrderedDict" -> Builder.ORDERED_DICT;
            case "torch._utils._rebuild_tensor_v2" -> Builder.TENSOR;
            case "torch._utils._rebuild_parameter" -> Builder.PARAMETER;
            default ->
                    Optional.of(name)
                            .filter(ignored -> module.equals("torch"))
                            .flatMap(StorageType::ofClass)
                            .orElseThrow(
                                    () ->
                                            new TorchCheckpointException(
                                                    file,
                                                    "holds the Python class or function "
                                                            + qualified
                                                            + ", which is refused; save model.state_dict() alone"));
        };
    }

    private static Object build(Builder builder, Object[] arguments) {
        return switch (builder) {
            case ORDERED_DICT -> {
                if (arguments.length != 0) {
                    throw new PickleException("an OrderedDict made from arguments");
                }
                yield new LinkedHashMap<Object, Object>();
            }
            case TENSOR ->
                    new TensorReference(
                            (Storage) arguments[0],
                            integer(arguments[1]),
                            integers(arguments[2]),
                            integers(arguments[3]));
            case PARAMETER -> (TensorReference) arguments[0];
        };
    }

    private void put(Object key, Object value) {
        // Other keys would be hashed through their contents, without end for a list that holds
        // itself.
        if (!(key instanceof String || key instanceof Integer || key instanceof Long)) {
            throw new PickleException("a dictionary key that is neither text nor an integer");
        }
        @SuppressWarnings("unchecked")
        Map<Object, Object> dictionary = (Map<Object, Object>) stack.peek();
        dictionary.put(key, value);
    }

    /**
     * Refuses a text that is longer than the file: the library allocates its declared length first.
     */
    private void refuseTextBeyondTheEnd() throws IOException {
        input.mark(Integer.BYTES);
        int bytes = PickleUtils.bytes_to_integer(PickleUtils.readbytes(input, Integer.BYTES));
        if (bytes > input.available()) {
            throw new PickleException("a text of " + bytes + " bytes goes beyond the end");
        }
        input.reset();
    }

    private static long[] integers(Object tuple) {
        Object[] values = (Object[]) tuple;
        if (values.length > MAX_DIMENSIONS) {
            throw new PickleException("a tensor of " + values.length + " dimensions");
        }
        long[] integers = new long[values.length];
        for (int i = 0; i < values.length; i++) {
            integers[i] = integer(values[i]);
        }
        return integers;
    }

    private static long integer(Object value) {
        if (value instanceof Integer || value instanceof Long) {
            return ((Number) value).longValue();
        }
        throw new PickleException("an integer was expected");
    }
}
