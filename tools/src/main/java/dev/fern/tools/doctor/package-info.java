/**
 * {@code fern doctor}: what this machine gives Fern, part by part, and what to do about what is
 * missing.
 *
 * <p>{@link dev.fern.tools.doctor.Machine} looks at Java, the processor, memory and GPUs from this
 * process. {@link dev.fern.tools.doctor.Probe} tries a native library in a process of its own, so
 * that one that crashes or hangs takes nothing else with it. Both give {@link
 * dev.fern.tools.doctor.Finding}s, which {@link dev.fern.tools.doctor.DoctorCommand} prints.
 */
package dev.fern.tools.doctor;
