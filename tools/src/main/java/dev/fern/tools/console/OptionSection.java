package dev.fern.tools.console;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The section of a command's help that an option, or those of a class, are listed in. */
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.FIELD, ElementType.TYPE})
public @interface OptionSection {

    /** {@return the section} */
    Section value();

    /** The sections in the order in which a help lists them. */
    enum Section {
        /** What belongs to the command alone. */
        COMMAND("Options"),
        /** Annotations and images, and how they are read. */
        DATA("Data"),
        /** The network and what it starts from. */
        MODEL("Model"),
        /** How the network is trained. */
        OPTIMISATION("Optimisation"),
        /** What is found, and what of it is kept. */
        DETECTION("Detection"),
        /** How an evaluation counts. */
        EVALUATION("Evaluation"),
        /** Folders, checkpoints and the course of a run. */
        RUN("Run"),
        /** What is printed, drawn and written. */
        OUTPUT("Output"),
        /** Engine, devices and numbers. */
        MACHINE("Machine"),
        /** What every command takes. */
        GENERAL("All commands");

        private final String title;

        Section(String title) {
            this.title = title;
        }

        /** {@return the heading in a help} */
        public String title() {
            return title;
        }
    }
}
