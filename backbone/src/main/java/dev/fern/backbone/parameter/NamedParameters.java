package dev.fern.backbone.parameter;

import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.util.Pair;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * The parameters of a block under names that do not depend on the order of its children, as in
 * {@code backbone.layer1.0.conv1.weight}: DJL's two-digit counters are left out, and the parts are
 * joined by dots.
 */
public final class NamedParameters {

    private NamedParameters() {}

    /**
     * {@return every parameter of the block and its children, in the order of the blocks}
     *
     * @param block initialised or not
     * @throws IllegalArgumentException if two parameters have the same name
     */
    public static Map<String, Parameter> of(Block block) {
        Map<String, Parameter> parameters = new LinkedHashMap<>();
        collect("", block, parameters);
        return Collections.unmodifiableMap(parameters);
    }

    private static void collect(String prefix, Block block, Map<String, Parameter> into) {
        for (Pair<String, Parameter> parameter : block.getDirectParameters()) {
            if (into.put(prefix + parameter.getKey(), parameter.getValue()) != null) {
                throw new IllegalArgumentException(
                        "two parameters are named " + prefix + parameter.getKey());
            }
        }
        int index = 0;
        for (Pair<String, Block> child : block.getChildren()) {
            index++;
            String counter = String.format(Locale.ROOT, "%02d", index);
            String name = child.getKey();
            name = name.startsWith(counter) ? name.substring(counter.length()) : name;
            collect(prefix + name + ".", child.getValue(), into);
        }
    }
}
