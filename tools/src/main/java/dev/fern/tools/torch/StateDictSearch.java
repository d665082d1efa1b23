package dev.fern.tools.torch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import net.razorvine.pickle.PickleException;

/**
 * Finds the dictionaries of tensors within an unpickled object: at its top, under keys such as
 * {@code model}, in lists and tuples, or as the parameters and buffers of a pickled module.
 */
final class StateDictSearch {

    /** A dictionary of tensors, and the keys that lead to it. */
    record Found(String entry, Map<String, TensorReference> tensors) {}

    /** Deeper dictionaries are those of an optimizer. */
    private static final int MAX_DEPTH = 4;

    private static final int MAX_MODULE_DEPTH = 100;

    /** The most characters of all names that modules are given: each has its parents' too. */
    private static final int MAX_NAME_CHARACTERS = 16 << 20;

    /** The usual keys of a model's weights, in the order in which they are preferred. */
    private static final List<String> USUAL =
            List.of("model", "state_dict", "model_state_dict", "net", "network", "module", "");

    private static final Pattern AVERAGE =
            Pattern.compile("(?i)(^|[._])(ema|swa|averaged?|shadow)([._]|$)");

    private final List<Found> found = new ArrayList<>();
    private final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    private int nameCharacters;

    private StateDictSearch() {}

    /**
     * Searches an object.
     *
     * @param root what a {@link StateDictUnpickler} read
     * @return what was found: weights before moving averages of them, usual keys before others
     * @throws PickleException if modules are nested without end
     */
    static List<Found> in(Object root) {
        StateDictSearch search = new StateDictSearch();
        search.visit("", root, 0);
        search.found.sort(
                Comparator.comparing((Found each) -> AVERAGE.matcher(each.entry()).find())
                        .thenComparingInt(each -> rank(each.entry())));
        return search.found;
    }

    private static int rank(String entry) {
        int index = USUAL.indexOf(entry);
        return index < 0 ? USUAL.size() : index;
    }

    private void visit(String entry, Object value, int depth) {
        if (value instanceof SkippedObject object && object.state() instanceof Map<?, ?> state) {
            Map<String, TensorReference> tensors = new LinkedHashMap<>();
            collect("", object, tensors, 0);
            add(entry, tensors);
            if (tensors.isEmpty()) {
                visit(entry, state, depth);
            }
            return;
        }
        if (depth == MAX_DEPTH) {
            return;
        }
        if (value instanceof Object[] tuple && seen.add(tuple)) {
            visitAll(entry, Arrays.asList(tuple), depth);
        } else if (value instanceof List<?> list && seen.add(list)) {
            visitAll(entry, list, depth);
        } else if (value instanceof Map<?, ?> map && seen.add(map)) {
            visitMap(entry, map, depth);
        }
    }

    /** Visits the items of a list or tuple, whose keys are their numbers from 0. */
    private void visitAll(String entry, List<?> items, int depth) {
        for (int i = 0; i < items.size(); i++) {
            visit(below(entry, i), items.get(i), depth + 1);
        }
    }

    private void visitMap(String entry, Map<?, ?> map, int depth) {
        Map<String, TensorReference> tensors = new LinkedHashMap<>();
        map.forEach(
                (key, each) ->
                        tensor(each)
                                .filter(ignored -> key instanceof String)
                                .ifPresent(tensor -> tensors.put((String) key, tensor)));
        add(entry, tensors);
        map.forEach((key, each) -> visit(below(entry, key), each, depth + 1));
    }

    private static String below(String entry, Object key) {
        return entry.isEmpty() ? key + "" : entry + "." + key;
    }

    private void add(String entry, Map<String, TensorReference> tensors) {
        if (!tensors.isEmpty()) {
            found.add(new Found(entry, tensors));
        }
    }

    private static Optional<TensorReference> tensor(Object value) {
        if (value instanceof NumpyArray array) {
            return array.tensor();
        }
        return value instanceof TensorReference tensor ? Optional.of(tensor) : Optional.empty();
    }

    /** Gathers the tensors of a module and its children by the names that a state dict gives. */
    private void collect(
            String prefix, Object module, Map<String, TensorReference> tensors, int depth) {
        if (!(module instanceof SkippedObject object)
                || !(object.state() instanceof Map<?, ?> state)) {
            return;
        }
        if (depth > MAX_MODULE_DEPTH) {
            throw new PickleException("modules in modules without end");
        }
        for (String kind : List.of("_parameters", "_buffers")) {
            if (state.get(kind) instanceof Map<?, ?> own) {
                own.forEach(
                        (name, each) ->
                                tensor(each).ifPresent(t -> tensors.put(named(prefix, name), t)));
            }
        }
        if (state.get("_modules") instanceof Map<?, ?> children) {
            children.forEach(
                    (name, child) -> collect(named(prefix, name) + ".", child, tensors, depth + 1));
        }
    }

    private String named(String prefix, Object name) {
        String joined = prefix + name;
        nameCharacters += joined.length() + 1;
        if (nameCharacters > MAX_NAME_CHARACTERS) {
            throw new PickleException("more names of tensors than a model has");
        }
        return joined;
    }
}
