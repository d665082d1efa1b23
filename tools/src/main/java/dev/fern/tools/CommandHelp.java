package dev.fern.tools;

import dev.fern.tools.console.OptionSection;
import dev.fern.tools.console.OptionSection.Section;
import dev.fern.tools.console.WithoutOptions;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Member;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Layout;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/** How helps list options: in sections, and only those that mean something to the command. */
final class CommandHelp {

    /** A synopsis with more options is not read. */
    private static final int MOST_IN_SYNOPSIS = 14;

    private CommandHelp() {}

    /** Sets up a command and those below it. */
    static void install(CommandLine command) {
        CommandSpec spec = command.getCommandSpec();
        removeOptions(spec);
        spec.usageMessage()
                .sectionMap()
                .put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, CommandHelp::sections);
        spec.usageMessage()
                .sectionMap()
                .put(UsageMessageSpec.SECTION_KEY_SYNOPSIS, CommandHelp::synopsis);
        command.getSubcommands().values().forEach(CommandHelp::install);
    }

    /**
     * Made when help is asked for: it takes longer than all else that a start does with options.
     */
    private static String synopsis(Help help) {
        CommandSpec spec = help.commandSpec();
        if (spec.options().size() > MOST_IN_SYNOPSIS) {
            spec.usageMessage().customSynopsis(shortSynopsis(spec).replace("%", "%%"));
        }
        return help.synopsis(help.synopsisHeadingLength());
    }

    /** Returns what must be given, in place of a paragraph of all options. */
    private static String shortSynopsis(CommandSpec spec) {
        StringBuilder line = new StringBuilder("@|bold " + spec.qualifiedName() + "|@");
        for (OptionSpec option : spec.options()) {
            if (option.required() && option.group() == null) {
                line.append(' ').append(option.longestName());
                line.append('=').append(option.paramLabel());
            }
        }
        for (ArgGroupSpec group : spec.argGroups()) {
            line.append(' ').append(group.synopsis());
        }
        line.append(" [OPTIONS]");
        for (PositionalParamSpec parameter : spec.positionalParameters()) {
            if (parameter.group() == null) {
                line.append(' ').append(parameter.paramLabel());
                line.append(parameter.arity().max() > 1 ? "..." : "");
            }
        }
        return line.toString();
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
                    text.append(
                            help.colorScheme()
                                    .ansi()
                                    .string(String.format("%n@|bold %s:|@%n", section.title())));
                    text.append(layout);
                });
        return text.toString();
    }

    /** Returns where an option is listed: the nearest of its own and its class's section. */
    static Section section(OptionSpec option) {
        if (option.userObject() instanceof Member member
                && member instanceof AnnotatedElement element) {
            OptionSection own = element.getAnnotation(OptionSection.class);
            OptionSection ofClass = member.getDeclaringClass().getAnnotation(OptionSection.class);
            if (own != null || ofClass != null) {
                return (own != null ? own : ofClass).value();
            }
        }
        return Section.COMMAND;
    }
}
