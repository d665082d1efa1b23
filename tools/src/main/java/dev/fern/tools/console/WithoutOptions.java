package dev.fern.tools.console;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Options of a command's mixins that mean nothing to the command. They are neither listed nor
 * taken.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.FIELD, ElementType.TYPE})
public @interface WithoutOptions {

    /** {@return the names of the options, such as {@code --epochs}} */
    String[] value();
}
