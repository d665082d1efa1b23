package dev.fern.backbone.host;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import java.util.concurrent.CountDownLatch;

/**
 * Trains a matrix by host functions, in a process of its own, and ends in the way its argument
 * says.
 */
final class HostFunctionProgram {

    static final int STATUS = 7;
    static final String UNDER_WAY = "training is under way";

    private static final CountDownLatch STEPS = new CountDownLatch(20);

    private HostFunctionProgram() {}

    public static void main(String[] arguments) throws InterruptedException {
        switch (arguments[0]) {
            case "return" -> train(20, new Product());
            case "exit" -> {
                train(20, new Product());
                System.exit(STATUS);
            }
            case "train on" -> {
                Thread training = new Thread(() -> train(Integer.MAX_VALUE, new Product()));
                training.start();
                STEPS.await();
                System.out.println(UNDER_WAY);
                training.join();
            }
            case "exit while training" -> {
                new Thread(() -> train(Integer.MAX_VALUE, new Product())).start();
                STEPS.await();
                System.exit(STATUS);
            }
            case "exit after a failure" -> {
                try {
                    train(1, new FailingFunction());
                } catch (EngineException e) {
                    System.out.println("caused by " + e.getCause());
                    train(20, new Product());
                    System.exit(STATUS);
                }
            }
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    /** Runs steps that never wait for the engine between backward pass and update. */
    private static void train(int steps, HostFunction function) {
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray weights = manager.ones(new Shape(256, 256));
            weights.setRequiresGradient(true);
            Optimizer optimizer =
                    Optimizer.sgd().setLearningRateTracker(Tracker.fixed(1e-3f)).build();
            for (int i = 0; i < steps; i++) {
                try (NDManager step = manager.newSubManager()) {
                    try (GradientCollector collector =
                            Engine.getInstance().newGradientCollector()) {
                        // products of matrices keep the engine busy meanwhile
                        NDArray x = step.ones(weights.getShape()).matMul(weights).mul(1f / 256);
                        NDArray y = EngineBridge.of(x).apply(function, x, weights);
                        NDArray loss = y.matMul(y).mean();
                        EngineBridge.of(step)
                                .backward(
                                        collector,
                                        new NDList(loss),
                                        new NDList(step.ones(loss.getShape())));
                    }
                    if (function instanceof FailingFunction) {
                        EngineBridge.of(weights.getGradient()).floats(weights.getGradient());
                    }
                    optimizer.update("weights", weights, weights.getGradient());
                }
                STEPS.countDown();
            }
            System.out.println("trained to " + weights.getFloat(0, 0));
        }
    }
}
