package dev.fern.detection.settings;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks an annotation that names the records which may stand for a component whose type is an
 * interface, see {@link RecordJson}.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.ANNOTATION_TYPE)
public @interface OneOf {

    /** {@return the records; the first one is that which a document without a kind holds} */
    Kind[] value();

    /** A record and its name in documents. */
    @interface Kind {

        /** {@return what stands under {@code kind}; empty for the first record, which has none} */
        String name() default "";

        /** {@return the record} */
        Class<? extends Record> type();
    }
}
