package dev.fern.tools;

import dev.fern.tools.console.OptionSection;
import dev.fern.tools.console.OptionSection.Section;
import dev.fern.tools.console.WithoutOptions;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Layout;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/** How helps list options: in sections, and only those that mean something to the command. */
final class CommandHelp {

    private CommandHelp() {}

    /** Sets up a command and those below it. */
    static void install(CommandLine command) {
        CommandSpec spec = command.getCommandSpec();
        removeOptions(spec);
        spec.usageMessage()
                .sectionMap()
                .put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, CommandHelp::sections);
        command.getSubcommands().values().forEach(CommandHelp::install);
    }

    private static void removeOptions(CommandSpec spec) {
        Object command = spec.userObject();
        List<AnnotatedElement> elements = new ArrayList<>(List.of(command.getClass()));
        elements.addAll(List.of(command.getClass().getDeclaredFields()));
        for (AnnotatedElement element : elements) {
            WithoutOptions without = element.getAnnotation(WithoutOptions.class);
            for (String name : without == null ? new String[0] : without.value()) {
                spec.remove(spec.findOption(name));
            }
        }
    }

    private static String sections(Help help) {
        CommandSpec spec = help.commandSpec();
        Map<Section, List<OptionSpec>> bySection = new TreeMap<>();
        for (OptionSpec option : spec.options()) {
            if (!option.hidden()) {
                bySection.computeIfAbsent(section(option), any -> new ArrayList<>()).add(option);
            }
        }
        StringBuilder text = new StringBuilder();
        bySection.forEach(
                (section, options) -> {
                    // The same columns in all sections.
                    Layout layout =
                            help.createDefaultLayout(
                                    spec.options(),
                                    spec.positionalParameters(),
                                    help.colorScheme());
                    layout.addOptions(options, help.parameterLabelRenderer());
                    text.append(String.format("%n%s:%n%s", section.title(), layout));
                });
        return text.toString();
    }

    /** Returns where an option is listed: the nearest of its own and its class's section. */
    static Section section(OptionSpec option) {
        if (option.userObject() instanceof Field field) {
            OptionSection own = field.getAnnotation(OptionSection.class);
            OptionSection ofClass = field.getDeclaringClass().getAnnotation(OptionSection.class);
            if (own != null || ofClass != null) {
                return (own != null ? own : ofClass).value();
            }
        }
        return Section.COMMAND;
    }
}
