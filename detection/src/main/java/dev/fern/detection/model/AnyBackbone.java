package dev.fern.detection.model;

import dev.fern.backbone.resnet.ResNetConfiguration;
import dev.fern.detection.settings.OneOf;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Marks the backbone of a model: the one place that lists the backbones that a file may hold. */
@OneOf(@OneOf.Kind(type = ResNetConfiguration.class))
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface AnyBackbone {}
