package dev.fern.tools.weights;

import dev.fern.backbone.parameter.Tensor;
import dev.fern.tools.torch.StateDict;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * A network among the state dictionaries of a file.
 *
 * @param kind whose network it is
 * @param stateDict the dictionary that holds it
 * @param prefix what stands before its names in the dictionary
 * @param others further places in the file that hold a network of a known kind
 */
record RecognisedWeights(
        NetworkKind kind, StateDict stateDict, String prefix, List<String> others) {

    private static final int MAX_OTHERS = 4;

    private static final String NONE =
            "holds no network that is imported: a RetinaNet of torchvision, detectron2 or"
                    + " yhenon/pytorch-retinanet, or a classification ResNet";

    /**
     * Finds the network to import.
     *
     * @param stateDicts in the order of preference
     * @param wanted the kind that the user names; empty to go by the names of tensors
     * @param entry the entry that the user names; empty for the first that holds a network
     * @return the network
     * @throws IllegalArgumentException if there is none; the message does not name the file
     */
    static RecognisedWeights in(
            List<StateDict> stateDicts, Optional<NetworkKind> wanted, Optional<String> entry) {
        List<StateDict> candidates = candidates(stateDicts, entry);
        List<RecognisedWeights> found = new ArrayList<>();
        for (StateDict candidate : candidates) {
            recognise(candidate, wanted, found);
        }
        if (found.isEmpty()) {
            throw new IllegalArgumentException(
                    wanted.map(NetworkKind::absence).orElse(NONE) + contents(candidates.get(0)));
        }
        RecognisedWeights first = found.get(0);
        return new RecognisedWeights(
                first.kind,
                first.stateDict,
                first.prefix,
                found.stream()
                        .skip(1)
                        .limit(MAX_OTHERS)
                        .map(other -> place(other.stateDict.entry(), other.prefix))
                        .toList());
    }

    private static List<StateDict> candidates(List<StateDict> stateDicts, Optional<String> entry) {
        if (entry.isEmpty()) {
            return stateDicts;
        }
        List<StateDict> named =
                stateDicts.stream().filter(each -> each.entry().equals(entry.get())).toList();
        if (named.isEmpty()) {
            throw new IllegalArgumentException(
                    "has no tensors under "
                            + entry.get()
                            + "; it has some under "
                            + String.join(
                                    ", ",
                                    stateDicts.stream()
                                            .map(each -> place(each.entry(), ""))
                                            .limit(MAX_OTHERS)
                                            .toList()));
        }
        return named;
    }

    private static void recognise(
            StateDict stateDict, Optional<NetworkKind> wanted, List<RecognisedWeights> found) {
        for (NetworkKind kind : NetworkKind.values()) {
            List<String> prefixes =
                    wanted.isPresent() && wanted.get() != kind
                            ? List.of()
                            : kind.prefixes(stateDict.shapes().keySet());
            prefixes.forEach(
                    prefix -> found.add(new RecognisedWeights(kind, stateDict, prefix, List.of())));
            if (!prefixes.isEmpty()) {
                return; // a detector's backbone is no network of its own
            }
        }
    }

    private static String contents(StateDict stateDict) {
        return " (it holds "
                + stateDict.shapes().size()
                + " tensors, the first "
                + new TreeSet<>(stateDict.shapes().keySet()).first()
                + ")";
    }

    private static String place(String entry, String prefix) {
        String names = prefix.isEmpty() ? "" : prefix + "*";
        if (entry.isEmpty()) {
            return names.isEmpty() ? "the top" : names;
        }
        return names.isEmpty() ? entry : entry + " (" + names + ")";
    }

    /** {@return where in the file the network is, such as {@code model (module.*)}} */
    String place() {
        return place(stateDict.entry(), prefix);
    }

    /**
     * Reads the network's tensors.
     *
     * @return the tensors by their names without the prefix
     * @throws IOException if they can't be read; the message names the file
     */
    Map<String, Tensor> read() throws IOException {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        stateDict
                .read(name -> name.startsWith(prefix))
                .forEach((name, tensor) -> tensors.put(name.substring(prefix.length()), tensor));
        return tensors;
    }
}
