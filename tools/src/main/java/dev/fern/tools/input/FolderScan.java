package dev.fern.tools.input;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.FileVisitor;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Images of a folder: those that were found, and how many other files there are of what kind. */
final class FolderScan {

    private final Path base;
    private final TreeSet<Path> files = new TreeSet<>();
    private final Map<String, Integer> leftOut = new TreeMap<>();

    /** Makes a scan that has found nothing in a folder. */
    FolderScan(Path base) {
        this.base = base;
    }

    /** Returns the scan of a file that is named by itself. */
    static FolderScan ofFile(Path file) {
        FolderScan scan = new FolderScan(file.getParent() == null ? Path.of("") : file.getParent());
        scan.files.add(file);
        return scan;
    }

    /**
     * Looks for images in a folder. It follows links, but not to a folder that it is in.
     *
     * @param folder where to look
     * @param depth levels of folders, at least 1; 1 for the folder alone
     * @param wanted which files to look at
     * @param hidden whether hidden files and folders are looked at
     * @throws IOException if the folder can't be read
     */
    static FolderScan of(Path folder, int depth, PathMatcher wanted, boolean hidden)
            throws IOException {
        FolderScan scan = new FolderScan(folder);
        Files.walkFileTree(
                folder,
                EnumSet.of(FileVisitOption.FOLLOW_LINKS),
                depth,
                scan.new Visitor(wanted, hidden));
        return scan;
    }

    Path base() {
        return base;
    }

    /** Returns the images, ordered by their paths. */
    List<Path> files() {
        return List.copyOf(files);
    }

    /** Returns how many files were not taken, by their kinds, in words. */
    Optional<String> leftOut() {
        int count = leftOut.values().stream().mapToInt(Integer::intValue).sum();
        if (count == 0) {
            return Optional.empty();
        }
        String kinds =
                leftOut.entrySet().stream()
                        .map(kind -> kind.getValue() + " " + kind.getKey())
                        .collect(Collectors.joining(", "));
        return Optional.of(count + (count == 1 ? " file" : " files") + " not taken: " + kinds);
    }

    private void leaveOut(String kind) {
        leftOut.merge(kind, 1, Integer::sum);
    }

    private final class Visitor implements FileVisitor<Path> {

        private final PathMatcher wanted;
        private final boolean hidden;

        Visitor(PathMatcher wanted, boolean hidden) {
            this.wanted = wanted;
            this.hidden = hidden;
        }

        private boolean isHidden(Path path) {
            return !hidden
                    && !path.equals(base)
                    && path.getFileName() != null
                    && path.getFileName().toString().startsWith(".");
        }

        @Override
        public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            if (isHidden(folder)) {
                leaveOut("hidden folder");
                return FileVisitResult.SKIP_SUBTREE;
            }
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
            if (attributes.isDirectory() || !wanted.matches(file)) {
                return FileVisitResult.CONTINUE; // a folder at the last level
            }
            if (isHidden(file)) {
                leaveOut("hidden");
            } else if (!attributes.isRegularFile()) {
                leaveOut(attributes.isSymbolicLink() ? "broken link" : "no regular file");
            } else {
                take(file);
            }
            return FileVisitResult.CONTINUE;
        }

        private void take(Path file) throws IOException {
            try {
                FileKind kind = FileKind.of(file);
                if (kind == FileKind.IMAGE) {
                    files.add(file);
                } else if (kind == FileKind.VIDEO) {
                    leaveOut("video (name videos one by one)");
                } else {
                    leaveOut(kind.title());
                }
            } catch (AccessDeniedException e) {
                leaveOut("no permission");
            }
        }

        @Override
        public FileVisitResult visitFileFailed(Path path, IOException problem) throws IOException {
            if (problem instanceof FileSystemLoopException) {
                leaveOut("link to a folder that it is in");
            } else if (problem instanceof AccessDeniedException && !path.equals(base)) {
                leaveOut("no permission");
            } else if (Files.isSymbolicLink(path) && !Files.exists(path)) {
                leaveOut("broken link");
            } else if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                throw problem;
            } // else it was deleted meanwhile
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path folder, IOException problem)
                throws IOException {
            if (problem != null) {
                throw problem;
            }
            return FileVisitResult.CONTINUE;
        }
    }
}
